"""Starts and changes murals: each change is a rule applied in one transaction."""

import asyncio
import contextlib
import math
from collections.abc import Callable, Collection, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from random import Random

from bot.errors import JobNotFound, MuralRefused, WrongState
from bot.guilds.model import Switch
from bot.guilds.rules import allowance_of, check_may_paint, check_may_start, check_words
from bot.guilds.service import GuildService
from bot.jobs.admission import Admission
from bot.jobs.model import NOBODY, Job, JobState
from bot.jobs.service import JobService
from bot.languages.speech import _, command
from bot.mural import lifecycle, rules
from bot.mural.model import NO_MEMBER, ChosenStyle, Mural, MuralMessage, MuralState, Terms
from bot.mural.store import MuralStore
from bot.people import Member, Origin
from bot.pictures.decoder import Decoder
from bot.pictures.retention import PictureRetention
from bot.pictures.turns import Owner
from engine.mural.grid import BORDER_SHARE, SMALLEST_TILE
from engine.request import PaintSettings

Rule = Callable[[Mural], Mural]

PHOTO_QUALITY = 95  # of the JPEG that tiles are cut from
SIDE_MULTIPLE = 16  # a tile's side is a multiple of so many pixels
BORDERED = 1 + 2 / BORDER_SHARE  # a tile's side with its border, as a multiple of the side


class MuralService:
    """Starts and changes murals. Its methods are safe to call concurrently.

    `tile_side` is the side of a tile in pixels, where the server's limit allows that; a claim holds
    for `hold` seconds. `clock` gives Unix seconds.
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
        # Orders are checked one after another, so that two do not use the same painting time.
        self._ordering = asyncio.Lock()
        self.changed = asyncio.Event()  # set when the reconciler may have something to do
        jobs.subscribe(self._on_job_change)

    async def check_may_start(self, member: Member, title: str) -> None:
        """Raise Refused where a member may not start a mural of this title."""
        settings = await self._guilds.settings(member.guild_id)
        check_may_start(settings, member, Switch.MURALS)
        check_words(settings, _("The title"), title)

    async def tile_side(self, guild_id: int) -> int:
        """The side of a tile in pixels; with its border, a tile is within the server's limit.

        Raises MuralRefused where the server's limit is too small for tiles.
        """
        largest = (await self._guilds.effective(guild_id)).largest_size
        side = min(self._tile_side, int(largest / BORDERED)) // SIDE_MULTIPLE * SIDE_MULTIPLE
        if side < SMALLEST_TILE:
            least = math.ceil(SMALLEST_TILE * BORDERED)
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
        """Start a mural of a stored photograph; it keeps a copy in its own size. Raises Refused."""
        now = self._clock()
        rules.check_terms(terms, now)
        shrunk = await self._decoder.shrink(
            await self._retention.pictures.read(photo),
            max(terms.grid.size),
            quality=PHOTO_QUALITY,
            owner=Owner(member.guild_id, member.id),
        )
        own_photo = (await self._retention.put(shrunk)).name
        mural = Mural(
            id=0,
            guild_id=member.guild_id,
            channel_id=channel_id,
            host_id=member.id,
            host_name=member.name,
            state=MuralState.OPEN,
            terms=terms,
            photo=own_photo,
            seed=self._random.getrandbits(31),
            created_at=now,
            message=MuralMessage(str(self._random.getrandbits(63))),
            age_restricted=age_restricted,
        )
        async with (
            self._retention.referring_to([own_photo, terms.server_style.picture]),
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
        self,
        member: Member,
        mural_id: int,
        number: int,
        style: ChosenStyle,
        key: int,
        *,
        library: bool,
    ) -> Mural:
        """Order the painting of a member's own tile. Raises Refused.

        `library` says whether the style is from the server's library. `key` is the interaction's
        id, so that a double click orders once.
        """

        def rule(mural: Mural) -> Mural:
            rules.check_style(mural.terms, style.name if library else None)
            return rules.choose(mural, number, member, style, key, self._clock())

        async with self._ordering:
            mural = await self.get_for(member, mural_id)
            orders = [tile.order for tile in rules.tiles_of(mural, member.id) if tile.order]
            is_new = all(order.key != key for order in orders)
            if is_new:
                not_jobs_yet = sum(order.job_id is None for order in orders)
                await self._check_may_paint(member, not_jobs_yet)
            return await self._change_of(member, mural_id, rule, [style.picture])

    async def _check_may_paint(self, member: Member, not_jobs_yet: int) -> None:
        """Raise Refused where a member may not paint, or has no painting time left.

        `not_jobs_yet` orders of the member will take some of that time too.
        """
        settings = await self._guilds.settings(member.guild_id)
        check_may_paint(settings, member.roles, manages=member.manages)
        size = int(await self.tile_side(member.guild_id) * BORDERED)
        origin = Origin(
            member.guild_id,
            channel_id=0,
            member_id=member.id,
            interaction_id=0,
            interaction_token="",
            token_expires_at=0.0,
        )
        granted = allowance_of(settings, member.roles)
        await self._admission.check_time(origin, PaintSettings(size=size), granted, not_jobs_yet)

    async def give_back(self, member: Member, mural_id: int, number: int) -> Mural:
        """Free a member's own tile. Raises Refused."""
        return await self._change_of(
            member, mural_id, lambda mural: rules.give_back(mural, number, member)
        )

    async def free(
        self, member: Member, number: int, mural_id: int | None = None
    ) -> tuple[Mural, int]:
        """Take off any tile, by a moderator; also give the id of its former owner. Raises Refused.

        Without the id of a mural, it is the unfinished one, or else the last one.
        """
        if mural_id is None:
            mural = await self.store.unfinished(member.guild_id)
            mural = mural or await self.store.last(member.guild_id)
            if mural is None:
                raise rules.no_mural_yet()
            mural_id = mural.id
        owner_id = NO_MEMBER

        def rule(mural: Mural) -> Mural:
            nonlocal owner_id
            tile = mural.tile(number)
            owner_id = tile.member_id if tile is not None else NO_MEMBER
            return rules.free(mural, number, member, self._clock())

        return await self._change_of(member, mural_id, rule), owner_id

    async def finish(self, member: Member, style: ChosenStyle | None) -> Mural:
        """End the claiming. The rest is painted in `style`, or in the server's. Raises Refused."""

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
        mural = await self.store.unfinished(guild_id)
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

    async def change(self, mural_id: int, rule: Rule, pictures: Sequence[str] = ()) -> Mural | None:
        """Apply a rule, after which the mural may refer to `pictures`; None where it is gone.

        Then cancels the jobs and deletes the pictures that the mural needs no more.
        """
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
        await self.cancel_jobs(lifecycle.jobs_to_cancel(before, after), before.guild_id)
        unused = set(before.pictures) - set(after.pictures)
        if unused:
            await self._retention.release(unused)
        self.changed.set()
        return after

    async def advance(self, mural: Mural) -> float:
        """Apply what is due, such as the end of claiming; return the seconds until more is."""
        after = await self.change(mural.id, lambda one: lifecycle.advance(one, self._clock()))
        deadline = lifecycle.next_deadline(after) if after is not None else None
        return max(0.0, deadline - self._clock()) if deadline is not None else math.inf

    async def cancel_jobs(self, job_ids: Collection[int], guild_id: int) -> None:
        """Cancel the jobs of orders that were given up."""
        for job_id in sorted(job_ids):
            with contextlib.suppress(JobNotFound, WrongState):  # it has just ended
                await self._jobs.cancel(job_id, Member(NOBODY, guild_id, moderates=True))

    async def _change_of(
        self, member: Member, mural_id: int, rule: Rule, pictures: Sequence[str] = ()
    ) -> Mural:
        """Apply a member's change to a mural of their server."""
        await self.get_for(member, mural_id)
        after = await self.change(mural_id, rule, pictures)
        if after is None:
            raise MuralRefused(_("There is no such mural any more."))
        return after

    def _on_job_change(self, job: Job) -> None:
        has_ended = job.state not in (JobState.QUEUED, JobState.PAINTING)
        if has_ended:  # a mural may have its painting now, or the queue may have room
            self.changed.set()
