"""Discord's limits in one place, so that tests can shorten them."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass
class DiscordLimits:
    """Times in seconds, sizes in bytes, with Discord's own as defaults; may change at any time."""

    response_deadline: float = 3.0
    token_life: float = 900.0
    attachment_life: float = 86_400.0
    # The announced upload limit (`attachment_size_limit`), and the limit that is enforced: a guild
    # that loses its boosts between the two makes a bot see error 40005.
    advertised_upload: int = 10 * MIB
    accepted_upload: int = 10 * MIB
    heartbeat_interval: float = 41.25
    # How long a dropped gateway session can still be resumed, and how many dispatches it keeps.
    resume_window: float = 90.0
    replay_length: int = 1000
    # Messages older than `old_message_age` take `old_message_edits` edits per window, then 30046.
    old_message_age: float = 3600.0
    old_message_edits: int = 3
    old_message_window: float = 20.0
    # Routes and the bot as a whole are limited, and so are answers with 401, 403 and 429: that many
    # in that many seconds ban the address for `ban_life` seconds.
    rate_limits: bool = True
    global_requests: int = 50  # per second
    invalid_requests: int = 10_000
    invalid_window: float = 600.0
    ban_life: float = 3600.0
    upload_speed: float = 4.0 * MIB  # bytes per second that the bot's uploads take
    # Two messages with the same enforced nonce within this time are one message.
    nonce_window: float = 300.0
