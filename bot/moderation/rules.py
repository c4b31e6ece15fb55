"""The rules of blocks, and which entries of the log make one message: pure."""

from collections.abc import Iterable, Sequence

from bot.errors import Refused
from bot.moderation.model import Block, Kind
from bot.people import Member

SHORT = "You cannot use this bot here."
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
        and block.subject_id == (member_id if block.kind is Kind.MEMBER else guild_id)
    ]
    return min(holding, key=lambda block: (not block.by_host, block.kind), default=None)


def holds(block: Block, now: float) -> bool:
    """Say whether a block has not ended yet."""
    return block.until is None or now < block.until


def refusal(block: Block) -> str:
    """Say once, in full, why somebody may not use the bot."""
    if block.kind is Kind.SERVER:
        what = "The host of this bot has closed it to this server"
    elif block.by_host:
        what = "The host of this bot has closed it to you"
    else:
        what = "The moderators of this server have closed this bot to you here"
    reason = f" Reason: {block.reason}." if block.reason else ""
    ask = "the host" if block.by_host else "them"
    return (
        f"{what}{until(block)}.{reason} If you think that this is a mistake, ask {ask}. "
        "`/privacy` still works."
    )


def until(block: Block) -> str:
    """Say when a block ends, for the middle of a sentence."""
    return "" if block.until is None else f" until <t:{round(block.until)}:f>"


def check_may_block(actor: Member, target: Member) -> None:
    """Raise Refused where a moderator may not block a member."""
    if not (actor.moderates or actor.manages):
        raise Refused("You need the permission Manage Messages to do that.")
    if target.id == actor.id:
        raise Refused("You cannot block yourself.")
    if target.manages:
        raise Refused("Members who may manage this server cannot be blocked.")
    if target.moderates and not actor.manages:
        raise Refused("Only members who may manage this server can block its moderators.")


def batch(lines: Sequence[str]) -> int:
    """Say how many of the first lines make one message; at least one where there are any."""
    number = characters = 0
    for line in lines[:LINES]:
        characters += len(line) + 1
        if number and characters > CHARACTERS:
            break
        number += 1
    return number
