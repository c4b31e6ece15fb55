"""What members and moderators read of blocks and in the log."""

from collections.abc import Sequence

from bot.discord_io.escaping import plain
from bot.discord_io.lines import first_lines
from bot.journal import Deed, Entry, Person
from bot.moderation.model import Block
from bot.moderation.rules import until

SHOWN = 25  # blocks in a list
_DEEDS = {
    Deed.PAINTED: ("🖼️", "painted"),
    Deed.DELETED: ("🗑️", "deleted the painting"),
    Deed.CANCELLED: ("✖️", "cancelled the painting"),
    Deed.REMOVED: ("🚫", "removed the painting"),
    Deed.STYLE_DELETED: ("🖌️", "deleted the style"),
    Deed.BLOCKED: ("⛔", "blocked"),
    Deed.LIFTED: ("✅", "lifted the block of"),
}


def blocked(block: Block) -> str:
    """Confirm a block to the moderator."""
    return (
        f"{person(Person(block.subject_id, block.name))} is blocked{until(block)}: paintings under "
        "way are cancelled, and commands and buttons of this bot do nothing for them here."
    )


def lifted(block: Block) -> str:
    """Confirm the end of a block to the moderator."""
    return f"{person(Person(block.subject_id, block.name))} may use this bot here again."


def listing(blocks: Sequence[Block]) -> str:
    """List the blocks of a server."""
    if not blocks:
        return "Nobody is blocked here."
    lines = [
        f"{person(Person(block.subject_id, block.name))}{until(block)}{_reason(block.reason)}"
        for block in blocks
    ]
    return "\n".join(["**Blocked in this server**", *first_lines(lines, SHOWN, 1700)])


def line(entry: Entry, at: float) -> str:
    """Write a line of the log."""
    emoji, did = _DEEDS[entry.deed]
    what = f" {plain(entry.what)}" if entry.what else ""
    whom = ""
    if entry.member is not None:
        of = "" if entry.deed in (Deed.BLOCKED, Deed.LIFTED) else "of "
        whom = f" {of}{person(entry.member)}"
    link = ""
    if entry.place is not None:
        channel, message = entry.place
        link = f" · https://discord.com/channels/{entry.guild_id}/{channel}/{message}"
    return (
        f"<t:{round(at)}:T> {emoji} {person(entry.actor)} {did}{what}{whom}"
        f"{_reason(entry.reason)}{link}"
    )


def marker(first: int, last: int) -> str:
    """Write the last line of a message of the log, by which it is recognised after a crash."""
    return f"-# Log {first} to {last}"


def person(person: Person) -> str:
    """Name a member, with the id: clients show mentions of members they have not met as numbers."""
    return f"{plain(person.name)} (`{person.id}`)" if person.name else f"`{person.id}`"


def _reason(reason: str) -> str:
    return f" · Reason: {plain(reason)}" if reason else ""
