"""The permissions that the bot needs in a server, and the invite link that asks for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

AUTHORIZE = "https://discord.com/oauth2/authorize"
ADMINISTRATOR = 1 << 3


@dataclass(frozen=True)
class Permission:
    """A permission: its name in Discord, its bit, and the reason for it."""

    name: str
    bit: int
    reason: str


# Answers to commands need none of these. They are for results after the 15 minutes in which an
# interaction can be answered, and for finding a message again after a crash.
PERMISSIONS = (
    Permission(
        "View Channels",
        1 << 10,
        "to post where a painting was asked for, and edit its card after 15 minutes",
    ),
    Permission("Send Messages", 1 << 11, "to deliver paintings that took over 15 minutes"),
    Permission("Attach Files", 1 << 15, "to send the pictures"),
    Permission("Read Message History", 1 << 16, "to see after a crash what was sent already"),
    Permission("Send Messages in Threads", 1 << 38, "to do all this in threads too"),
)


def all_bits() -> int:
    """Combine the permissions into the number that Discord takes."""
    return sum(need.bit for need in PERMISSIONS)


def missing(granted: int) -> Sequence[Permission]:
    """List the permissions that a server does not grant; an administrator has all."""
    if granted & ADMINISTRATOR:
        return ()
    return [need for need in PERMISSIONS if not granted & need.bit]


def invite_link(application_id: int) -> str:
    """Make the link with which a server's manager adds the bot."""
    query = {
        "client_id": application_id,
        "scope": "bot applications.commands",
        "permissions": all_bits(),
    }
    return f"{AUTHORIZE}?{urlencode(query)}"
