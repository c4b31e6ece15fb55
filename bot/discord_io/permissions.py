"""What the bot must be allowed in a server, and the link that asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

AUTHORIZE = "https://discord.com/oauth2/authorize"
ADMINISTRATOR = 1 << 3


@dataclass(frozen=True)
class Permission:
    """A permission as Discord's own pages name it, its bit, and what it is for."""

    name: str
    bit: int
    reason: str


# Answers to commands need none of these; they carry the result when the answer's 15 minutes are
# over, and find again after a crash whether it was sent.
PERMISSIONS = (
    Permission("View Channels", 1 << 10, "to post where a painting was asked for"),
    Permission("Send Messages", 1 << 11, "to deliver paintings that took over 15 minutes"),
    Permission("Attach Files", 1 << 15, "to send the pictures"),
    Permission("Read Message History", 1 << 16, "to see after a crash what was sent already"),
    Permission("Send Messages in Threads", 1 << 38, "to do all this in threads too"),
)


def all_bits() -> int:
    """Add the needs up to the number that Discord takes."""
    return sum(need.bit for need in PERMISSIONS)


def missing(granted: int) -> Sequence[Permission]:
    """Pick what a server does not grant; an administrator is granted everything."""
    if granted & ADMINISTRATOR:
        return ()
    return [need for need in PERMISSIONS if not granted & need.bit]


def invite_link(application_id: int) -> str:
    """Give the link by which somebody who manages a server adds the bot to it."""
    query = {
        "client_id": application_id,
        "scope": "bot applications.commands",
        "permissions": all_bits(),
    }
    return f"{AUTHORIZE}?{urlencode(query)}"
