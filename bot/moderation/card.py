"""What members and moderators read of blocks and in the log."""

from collections.abc import Sequence

from bot.discord_io.escaping import plain
from bot.discord_io.lines import first_lines
from bot.discord_io.sending import NotAllowedHere, PlaceGone, SendError
from bot.journal import Deed, JournalEntry, Person
from bot.languages.speech import _, in_every_language
from bot.moderation.model import Block
from bot.moderation.rules import end

SHOWN = 25  # blocks in a list


def blocked(block: Block) -> str:
    """Confirm a block to the moderator."""
    name = person(Person(block.subject_id, block.name))
    if block.until is None:
        return _(
            "{name} is blocked: paintings under way are cancelled, and commands and buttons of "
            "this bot do nothing for them here.",
            name=name,
        )
    return _(
        "{name} is blocked until {end}: paintings under way are cancelled, and commands and "
        "buttons of this bot do nothing for them here.",
        name=name,
        end=end(block),
    )


def lifted(block: Block) -> str:
    """Confirm the end of a block to the moderator."""
    name = person(Person(block.subject_id, block.name))
    return _("{name} may use this bot here again.", name=name)


def listing(blocks: Sequence[Block]) -> str:
    """List the blocks of a server."""
    if not blocks:
        return _("Nobody is blocked here.")
    lines = [_listed(block) for block in blocks]
    return "\n".join([_("**Blocked in this server**"), *first_lines(lines, SHOWN, 1700)])


def _listed(block: Block) -> str:
    name = person(Person(block.subject_id, block.name))
    if block.until is not None:
        name = _("{name} until {end}", name=name, end=end(block))
    return " · ".join((name, *_reason(block.reason)))


def line(entry: JournalEntry, at: float) -> str:
    """Write a line of the log."""
    parts = [_sentence(entry), *_reason(entry.reason)]
    if entry.place is not None:
        channel, message = entry.place
        parts.append(f"https://discord.com/channels/{entry.guild_id}/{channel}/{message}")
    return f"<t:{round(at)}:T> {' · '.join(parts)}"


def _sentence(entry: JournalEntry) -> str:
    """Write what was done, and by which member."""
    words: dict[str, object] = {
        "who": person(entry.actor),
        "what": plain(entry.what),
        "member": person(entry.member) if entry.member is not None else "",
        "challenge": entry.challenge,
    }
    if entry.member is None:
        return _own(entry.deed, words)
    match entry.deed:
        case Deed.DELETED:
            return _("🗑️ {who} deleted the painting {what} of {member}", **words)
        case Deed.CANCELLED:
            return _("✖️ {who} cancelled the painting {what} of {member}", **words)
        case Deed.REMOVED if entry.challenge is not None:
            return _(
                "🚫 {who} removed the painting {what} of {member} from the challenge № {challenge}",
                **words,
            )
        case Deed.REMOVED:
            return _("🚫 {who} removed the painting {what} of {member}", **words)
        case Deed.STYLE_DELETED:
            return _("🖌️ {who} deleted the style {what} of {member}", **words)
        case Deed.BLOCKED:
            return _("⛔ {who} blocked {member}", **words)
        case Deed.LIFTED:
            return _("✅ {who} lifted the block of {member}", **words)
        case Deed.PAINTED:
            return _own(entry.deed, words)


def _own(deed: Deed, words: dict[str, object]) -> str:
    """Write what a member did to something of their own."""
    match deed:
        case Deed.DELETED:
            return _("🗑️ {who} deleted the painting {what}", **words)
        case Deed.STYLE_DELETED:
            return _("🖌️ {who} deleted the style {what}", **words)
        case _other:
            return _("🖼️ {who} painted {what}", **words)


def marker(first: int, last: int) -> str:
    """Write the last line of a message of the log, by which it is recognised after a crash."""
    return _("-# Log {first} to {last}", first=first, last=last)


def has_marker(text: str, first: int, last: int) -> bool:
    """Say whether a text ends with such a line, in any language."""
    return any(text.endswith(line) for line in in_every_language(lambda: marker(first, last)))


def log_problem(channel_id: int, error: SendError) -> str:
    """Say why the log cannot be written."""
    channel = f"<#{channel_id}>"
    if isinstance(error, NotAllowedHere):
        return _(
            "⚠️ I may not write in {channel}. I need the permissions View Channel and Send "
            "Messages there. Until then I keep what happened within the last day.",
            channel=channel,
        )
    if isinstance(error, PlaceGone):
        return _("⚠️ {channel} was deleted; choose another.", channel=channel)
    return _("⚠️ {channel} takes no messages; choose another.", channel=channel)


def person(person: Person) -> str:
    """Name a member, with the id: clients show mentions of members they have not met as numbers."""
    return f"{plain(person.name)} (`{person.id}`)" if person.name else f"`{person.id}`"


def _reason(reason: str) -> list[str]:
    return [_("Reason: {reason}", reason=plain(reason))] if reason else []
