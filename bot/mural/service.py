"""Changes murals: each change is a rule applied in one transaction."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from functools import partial
from random import Random
from typing import Any

from bot.errors import JobNotFound, MuralRefused, WrongState
from bot.guilds.model import Switch
from bot.guilds.rules import allowance_of, check_may_paint, check_may_start, check_words
from bot.guilds.service import GuildService
from bot.jobs.admission import Admission
from bot.jobs.model import NOBODY, Job, JobState
from bot.jobs.service import JobService
from bot.languages.speech import _, command
from bot.mural import rules
from bot.mural.model import Choice, Message, Mural, MuralState, Terms
from bot.mural.store import MuralStore
from bot.people import Member, Origin
from bot.pictures.decoder import Decoder
from bot.pictures.retention import PictureRetention
from bot.pictures.turns import Owner
from engine.mural.grid import SMALLEST_TILE
from engine.request import PaintSettings

Rule = Callable[[Mural], Mural]

PHOTO_QUALITY = 95  # of the JPEG that tiles are cut from
GRID_OF_TILES = 16  # pixels that a tile's side is a multiple of


class MuralService:
    """Starts and changes murals. Its methods are safe to call concurrently.

    `tile_side` is how many pixels a tile has where the server allows that; a claim holds for
    `hold` seconds. `clock` gives Unix seconds.
    """

    def __init__(
        self,
        store: MuralStore,
        retention: PictureRetention,
        decoder: Decoder,
        guilds: GuildService,
        jobs: JobService,
        admission: Admission,
        clock: Callable[[], float],
        random: Random,
        *,
        tile_side: int,
        hold: float,
    ) -> None:
        self.store = store
        self.hold = hold
        self._database = store.database
        self._retention = retention
        self._decoder = decoder
        self._guilds = guilds
        self._jobs = jobs
        self._admission = admission
        self._clock = clock
        self._random = random
        self._tile_side = tile_side
        self._choosing = asyncio.Lock()  # so that orders at once do not share painting time
        self.changed = asyncio.Event()  # set when there may be something to do
        jobs.subscribe(self._follow)

    async def check_may_start(self, member: Member, title: str) -> None:
        """Raise Refused where a member may not start a mural of this title."""
        settings = await self._guilds.settings(member.guild_id)
        check_may_start(settings, member, Switch.MURALS)
        check_words(settings, _("The title"), title)

    async def tile_side(self, guild_id: int) -> int:
        """How many pixels a tile has in a server: with its borders it is within the limit.

        Raises MuralRefused where the server's limit is too small for tiles.
        """
        largest = (await self._guilds.effective(guild_id)).largest_size
        side = min(self._tile_side, largest * 2 // 3) // GRID_OF_TILES * GRID_OF_TILES
        if side < SMALLEST_TILE:
            least = math.ceil(SMALLEST_TILE * 3 / 2)
            raise MuralRefused(
                _(
                    "Murals need paintings of at least {least} pixels; this server allows "
                    "{largest}.",
                    least=least,
                    largest=largest,
                )
            )
        return side

    async def start(
        self,
        member: Member,
        channel_id: int,
        terms: Terms,
        photo: str,
        *,
        age_restricted: bool = False,
    ) -> Mural:
        """Start a mural of a stored photograph. Raises Refused."""
        now = self._clock()
        rules.check_terms(terms, now)
        data = await self._retention.pictures.read(photo)
        owner = Owner(member.guild_id, member.id)
        side = max(terms.grid.size)
        small = await self._decoder.shrink(data, side, quality=PHOTO_QUALITY, owner=owner)
        kept = (await self._retention.put(small)).name
        mural = Mural(
            id=0,
            guild_id=member.guild_id,
            channel_id=channel_id,
            host_id=member.id,
            host_name=member.name,
            state=MuralState.OPEN,
            terms=terms,
            photo=kept,
            seed=self._random.getrandbits(31),
            created_at=now,
            message=Message(str(self._random.getrandbits(63))),
            age_restricted=age_restricted,
        )
        async with (
            self._retention.referring_to([kept, terms.server_style.picture]),
            self._database.write() as connection,
        ):
            if await self.store.find_unfinished(connection, member.guild_id):
                show = command("mural show")
                raise MuralRefused(
                    _("There is already a mural in this server; see {command}.", command=show)
                )
            mural = await self.store.add(connection, mural)
        self.changed.set()
        return mural

    async def claim(self, member: Member, mural_id: int, number: int) -> Mural:
        """Give a member a free tile. Raises Refused."""
        settings = await self._guilds.settings(member.guild_id)
        check_may_paint(settings, member.roles, manages=member.manages)
        return await self._change_of(
            member,
            mural_id,
            lambda mural: rules.claim(mural, number, member, self._clock(), self.hold),
        )

    async def choose(
        self, member: Member, mural_id: int, number: int, style: Choice, key: int, *, library: bool
    ) -> Mural:
        """Order the painting of a tile; `library` says where the style is from. Raises Refused.

        `key` is the interaction's id: pressed twice, it is ordered once.
        """

        def rule(mural: Mural) -> Mural:
            rules.check_style(mural.terms, style.name if library else None)
            return rules.choose(mural, number, member, style, key, self._clock())

        async with self._choosing:
            mural = await self.get_for(member, mural_id)
            orders = [tile.order for tile in rules.tiles_of(mural, member.id) if tile.order]
            if all(order.key != key for order in orders):
                waiting = sum(order.job_id is None for order in orders)
                await self._check_may_paint(member, waiting)
            return await self._change_of(member, mural_id, rule, [style.picture])

    async def _check_may_paint(self, member: Member, waiting: int) -> None:
        """Raise Refused where a member may not paint, or has no painting time left.

        `waiting` orders of the member are not jobs yet.
        """
        settings = await self._guilds.settings(member.guild_id)
        check_may_paint(settings, member.roles, manages=member.manages)
        side = await self.tile_side(member.guild_id)
        origin = Origin(member.guild_id, 0, member.id, 0, "", 0.0)
        granted = allowance_of(settings, member.roles)
        await self._admission.check_time(
            origin, PaintSettings(size=side * 3 // 2), granted, waiting
        )

    async def give_back(self, member: Member, mural_id: int, number: int) -> Mural:
        """Free a member's own tile. Raises Refused."""
        return await self._change_of(
            member, mural_id, lambda mural: rules.give_back(mural, number, member)
        )

    async def free(
        self, member: Member, number: int, mural_id: int | None = None
    ) -> tuple[Mural, int]:
        """Take off any tile, by a moderator; also give the member that had it. Raises Refused.

        Without a number of a mural, the one that is not over is meant, else the last one.
        """
        if mural_id is None:
            async with self._database.read() as connection:
                mural = await self.store.find_unfinished(connection, member.guild_id)
            mural = mural or await self.store.last(member.guild_id)
            if mural is None:
                raise rules.no_mural_yet()
            mural_id = mural.id
        had = NOBODY

        def rule(mural: Mural) -> Mural:
            nonlocal had
            tile = mural.tile(number)
            had = tile.member_id if tile is not None else NOBODY
            return rules.free(mural, number, member, self._clock())

        return await self._change_of(member, mural_id, rule), had

    async def finish(self, member: Member, style: Choice | None) -> Mural:
        """Have the rest painted in the server's style, here another one on request."""

        def rule(mural: Mural) -> Mural:
            if style is not None:
                mural = replace(mural, terms=replace(mural.terms, server_style=style))
            return rules.finish(mural, member, self._clock())

        mural = await self.need_unfinished(member.guild_id)
        return await self._change_of(member, mural.id, rule, [style.picture] if style else [])

    async def cancel(self, member: Member) -> Mural:
        """End the server's mural without a result. Raises Refused."""
        mural = await self.need_unfinished(member.guild_id)
        return await self._change_of(
            member, mural.id, lambda mural: rules.cancel(mural, member, self._clock())
        )

    async def need_unfinished(self, guild_id: int) -> Mural:
        """Read the server's mural that is not over. Raises Refused where there is none."""
        async with self._database.read() as connection:
            mural = await self.store.find_unfinished(connection, guild_id)
        if mural is None:
            start = command("mural start")
            raise MuralRefused(
                _("There is no mural in this server now; see {command}.", command=start)
            )
        return mural

    async def get_for(self, member: Member, mural_id: int) -> Mural:
        """Read a mural of a member's server. Raises Refused."""
        mural = await self.store.get(mural_id)
        if mural is None or mural.guild_id != member.guild_id:
            raise MuralRefused(_("There is no such mural in this server."))
        return mural

    async def get_own(self, member: Member, mural_id: int, number: int) -> Mural:
        """Read a mural of a member's server where a tile is theirs. Raises Refused."""
        mural = await self.get_for(member, mural_id)
        rules.own(mural, number, member)
        return mural

    # For the keeper.

    async def change(self, mural_id: int, rule: Rule, pictures: Sequence[str] = ()) -> Mural | None:
        """Apply a rule that may refer to these pictures; None where the mural is gone."""
        async with AsyncExitStack() as stack:
            if pictures:
                await stack.enter_async_context(self._retention.referring_to(pictures))
            connection = await stack.enter_async_context(self._database.write())
            before = await self.store.find(connection, mural_id)
            if before is None:
                return None
            after = rule(before)
            if after == before:
                return after
            after = replace(after, version=before.version + 1)
            await self.store.save(connection, before, after)
        await self.drop_jobs(sorted(rules.jobs_dropped(before, after)), before.guild_id)
        gone = set(before.pictures) - set(after.pictures)
        if gone:
            await self._retention.release(gone)
        self.changed.set()
        return after

    async def drop_jobs(self, job_ids: Sequence[int], guild_id: int) -> None:
        """Cancel jobs of tiles that nobody wants any more."""
        for job_id in job_ids:
            with contextlib.suppress(JobNotFound, WrongState):  # it has just ended
                await self._jobs.cancel(job_id, Member(NOBODY, guild_id, moderates=True))

    async def follow_deletions(self) -> None:
        """Take off what owners deleted among their paintings, also while the bot was down."""
        for mural_id, job_id in await self.store.deleted_paintings():
            rule = partial(rules.delete_painting, job_id=job_id, now=self._clock())
            await self.change(mural_id, rule)

    # For servers that the bot has left, and deleted channels.

    async def guild_ids(self) -> set[int]:
        """Give the servers that have murals."""
        return await self.store.guild_ids()

    async def end_in(self, guild_id: int, channel_id: int | None = None) -> None:
        """Cancel a server's mural, or only one in a channel; its message is edited no more."""
        async with self._database.read() as connection:
            mural = await self.store.find_unfinished(connection, guild_id)
        if mural is None or channel_id not in (None, mural.channel_id):
            return
        with contextlib.suppress(MuralRefused):  # it has just ended
            await self.change(mural.id, lambda mural: rules.end(mural, self._clock()))
        await self.store.set_message(mural.id, given_up=True)

    async def forget_guild(self, guild_id: int) -> set[str]:
        """Delete a server's murals; return their pictures."""
        return await self.store.forget_guild(guild_id)

    # For a member's privacy.

    async def about_member(self, member_id: int) -> AsyncIterator[Sequence[dict[str, Any]]]:
        """Yield the murals that a member started or has tiles of, one by one."""
        for number in await self.store.of_member(member_id):
            mural = await self.store.get(number)
            if mural is not None:
                yield [_about(mural, member_id)]

    async def forget_member(self, member_id: int) -> set[str]:
        """Take a member's tiles off all murals; return their pictures."""
        pictures: set[str] = set()
        for number in await self.store.of_member(member_id):
            mural = await self.store.get(number)
            if mural is not None:
                mine = rules.tiles_of(mural, member_id)
                pictures |= {name for tile in mine for name in tile.pictures}
                await self.change(
                    number, lambda mural: rules.forget(mural, member_id, self._clock())
                )
        return pictures

    async def _change_of(
        self, member: Member, mural_id: int, rule: Rule, pictures: Sequence[str] = ()
    ) -> Mural:
        """Apply a member's change to a mural of their server."""
        await self.get_for(member, mural_id)
        after = await self.change(mural_id, rule, pictures)
        if after is None:
            raise MuralRefused(_("There is no such mural any more."))
        return after

    def _follow(self, job: Job) -> None:
        if job.state not in (JobState.QUEUED, JobState.PAINTING):
            self.changed.set()  # a tile is done or deleted, or there is room in the queue


def _about(mural: Mural, member_id: int) -> dict[str, Any]:
    """What a mural says about a member."""
    return {
        "mural": mural.id,
        "guild_id": mural.guild_id,
        "title": mural.terms.title,
        "started": mural.host_id == member_id,
        "tiles": [asdict(tile) for tile in rules.tiles_of(mural, member_id)],
    }
