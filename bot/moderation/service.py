"""Blocks members, lifts blocks, and checks them."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.errors import Blocked, Refused
from bot.jobs.data import JobData
from bot.journal import Deed, Journal, JournalEntry, Person
from bot.languages.speech import _
from bot.moderation import rules
from bot.moderation.model import Block, BlockKind
from bot.moderation.store import BlockStore
from bot.people import Member

log = logging.getLogger(__name__)

ENFORCE_SECONDS = 30.0  # between two checks for paintings of blocked members
FRESH_SECONDS = 5.0  # after which blocks are read again: the host's come from another process


class BlockService:
    """Blocks and lifts. `clock` gives Unix seconds."""

    def __init__(
        self,
        store: BlockStore,
        data: JobData,
        journal: Journal,
        clock: Callable[[], float],
    ) -> None:
        self.store = store
        self._data = data
        self._journal = journal
        self._clock = clock
        self._blocks: Sequence[Block] = ()
        self._read_at: float | None = None  # of the monotonic clock

    async def check(self, guild_id: int, member_id: int, *, quietly: bool = False) -> None:
        """Raise Blocked where a member may not use the bot: with the reason once, then in short.

        `quietly`: where nobody reads the reason.
        """
        block = rules.found(await self._known(), guild_id, member_id, self._clock())
        if block is None:
            return
        if quietly or block.told or not await self.store.tell(block):
            raise Blocked(rules.short_refusal())
        self._read_at = None
        raise Blocked(rules.refusal(block))

    async def block(self, actor: Member, target: Member, reason: str, days: float | None) -> Block:
        """Block a member of the actor's server and cancel their paintings there. Raises Refused."""
        rules.check_may_block(actor, target)
        now = self._clock()
        block = Block(
            actor.guild_id,
            BlockKind.MEMBER,
            target.id,
            created_at=now,
            by_id=actor.id,
            name=target.name,
            reason=reason,
            until=None if days is None else now + days * 86_400.0,
        )
        async with self.store.database.write() as connection:
            await self.store.put(connection, block)
            await self._journal.note(connection, _entry(Deed.BLOCKED, actor, block))
        self._read_at = None
        await self._data.end_in(actor.guild_id, target.id)
        return block

    async def lift(self, actor: Member, member_id: int) -> Block:
        """Lift the block of a member. Raises Refused where there is none."""
        if not (actor.moderates or actor.manages):
            raise Refused(_("You need the permission Manage Messages to do that."))
        own = await self.of(actor.guild_id)
        known = next((block for block in own if block.subject_id == member_id), None)
        async with self.store.database.write() as connection:
            lifted = await self.store.lift(connection, actor.guild_id, BlockKind.MEMBER, member_id)
            if known is None or not lifted:
                raise Refused(_("This member is not blocked here."))
            entry = _entry(Deed.LIFTED, actor, replace(known, reason=""))
            await self._journal.note(connection, entry)
        self._read_at = None
        return known

    async def of(self, guild_id: int) -> list[Block]:
        """List a server's own blocks, the oldest first."""
        now = self._clock()
        return [
            block
            for block in await self.store.all()
            if block.guild_id == guild_id and rules.holds(block, now)
        ]

    async def enforce(self) -> None:
        """Delete ended blocks, and cancel the paintings of blocked members and servers."""
        now = self._clock()
        await self.store.prune(now)
        blocks = await self.store.all()
        if not blocks:
            return
        for guild_id, member_id in sorted(await self._data.waiting_members()):
            if rules.found(blocks, guild_id, member_id, now) is not None:
                await self._data.end_in(guild_id, member_id)

    async def _known(self) -> Sequence[Block]:
        now = time.monotonic()
        if self._read_at is None or now - self._read_at > FRESH_SECONDS:
            self._blocks = await self.store.all()
            self._read_at = now
        return self._blocks


def _entry(deed: Deed, actor: Member, block: Block) -> JournalEntry:
    return JournalEntry(
        block.guild_id,
        deed,
        Person(actor.id, actor.name),
        Person(block.subject_id, block.name),
        reason=block.reason,
    )
