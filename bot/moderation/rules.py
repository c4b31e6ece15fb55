"""The rules of blocks, and which entries of the log make one message: pure."""

from collections.abc import Iterable, Sequence

from bot.errors import Refused
from bot.languages.speech import _, command
from bot.moderation.model import Block, BlockKind
from bot.people import Member

LONGEST_REASON = 300  # characters
LINES, CHARACTERS = 20, 1800  # of one message of the log


def found(blocks: Iterable[Block], guild_id: int, member_id: int, now: float) -> Block | None:
    """Give the block that keeps a member from using the bot in a server, the host's before others.

    `guild_id` is OUTSIDE for direct messages, where only the host's blocks of members hold.
    """
    holding = [
        block
        for block in blocks
        if holds(block, now)
        and (block.by_host or block.guild_id == guild_id)
        and block.subject_id == (member_id if block.kind is BlockKind.MEMBER else guild_id)
    ]
    return min(holding, key=lambda block: (not block.by_host, block.kind), default=None)


def holds(block: Block, now: float) -> bool:
    """Say whether a block has not ended yet."""
    return block.until is None or now < block.until


def short_refusal() -> str:
    """Refuse a blocked member that has read the full refusal."""
    return _("You cannot use this bot here.")


def refusal(block: Block) -> str:
    """Refuse a blocked member in full: by host or moderators, until when, why; what still works."""
    reason = [_("Reason: {reason}.", reason=block.reason)] if block.reason else []
    ask = (
        _("If you think that this is a mistake, ask the host.")
        if block.by_host
        else _("If you think that this is a mistake, ask the moderators.")
    )
    works = _("{command} still works.", command=command("privacy"))
    return " ".join((_closed(block), *reason, ask, works))


def _closed(block: Block) -> str:
    """Say that the host or the moderators have closed the bot, and until when."""
    until = end(block)
    if block.kind is BlockKind.SERVER:
        return (
            _("The host of this bot has closed it to this server until {end}.", end=until)
            if until
            else _("The host of this bot has closed it to this server.")
        )
    if block.by_host:
        return (
            _("The host of this bot has closed it to you until {end}.", end=until)
            if until
            else _("The host of this bot has closed it to you.")
        )
    return (
        _(
            "The moderators of this server have closed this bot to you here until {end}.",
            end=until,
        )
        if until
        else _("The moderators of this server have closed this bot to you here.")
    )


def end(block: Block) -> str:
    """Write when a block ends, as Discord shows times; empty where it does not end."""
    return "" if block.until is None else f"<t:{round(block.until)}:f>"


def check_may_block(actor: Member, target: Member) -> None:
    """Raise Refused where a moderator may not block a member."""
    if not (actor.moderates or actor.manages):
        raise Refused(_("You need the permission Manage Messages to do that."))
    if target.id == actor.id:
        raise Refused(_("You cannot block yourself."))
    if target.manages:
        raise Refused(_("Members who may manage this server cannot be blocked."))
    if target.moderates and not actor.manages:
        raise Refused(_("Only members who may manage this server can block its moderators."))


def batch(lines: Sequence[str]) -> int:
    """Say how many of the first lines make one message; at least one where there are any."""
    number = characters = 0
    for line in lines[:LINES]:
        characters += len(line) + 1
        if number and characters > CHARACTERS:
            break
        number += 1
    return number
