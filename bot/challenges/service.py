"""Changes challenges: each change is a rule applied in one transaction.

Announcements are written in the transaction of the change; the scheduler sends them.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.challenges import rules
from bot.challenges.announcement_rules import journal_entries
from bot.challenges.announcement_store import AnnouncementStore
from bot.challenges.history import ChallengeHistory
from bot.challenges.model import (
    Announcement,
    Challenge,
    ChallengeState,
    Contest,
    FinishedPainting,
    Terms,
)
from bot.challenges.store import ChallengeStore
from bot.challenges.upkeep import ChallengeUpkeep
from bot.errors import ChallengeRefused, JobNotFound, PictureGone
from bot.guilds.rules import check_may_start, check_words
from bot.guilds.service import GuildService
from bot.jobs.model import Job, JobState
from bot.jobs.service import JobService
from bot.journal import NO_JOURNAL, Journal
from bot.languages.speech import _, command
from bot.people import Member
from bot.pictures.decoder import Decoder
from bot.pictures.retention import PictureRetention
from bot.pictures.thumbnails import make_thumbnail
from bot.pictures.turns import Owner

NO_ENTRY = 0  # an id that no entry has
Rule = Callable[[Contest], Contest]
FIRST_TRY_SECONDS = 8.0  # that a command waits for the first try of its announcement


class ChallengeService:
    """Starts and changes challenges. Its methods are safe to call concurrently."""

    def __init__(
        self,
        store: ChallengeStore,
        announcements: AnnouncementStore,
        retention: PictureRetention,
        decoder: Decoder,
        guilds: GuildService,
        jobs: JobService,
        clock: Callable[[], float],
        random: Random,
        journal: Journal = NO_JOURNAL,
        first_try: float = FIRST_TRY_SECONDS,
    ) -> None:
        self.store = store
        self._database = store.database
        self.announcements = announcements
        self.history = ChallengeHistory(store)
        self.upkeep = ChallengeUpkeep(store, self.change, retention, clock)
        self.pictures = retention.pictures
        self._retention = retention
        self._decoder = decoder
        self._guilds = guilds
        self._jobs = jobs
        self._clock = clock
        self._random = random
        self._journal = journal
        self._first_try = first_try
        self.changed = asyncio.Event()  # set when there may be something to announce
        jobs.subscribe(self._follow)

    async def start(
        self,
        member: Member,
        channel_id: int,
        terms: Terms,
        style: str | None,
        *,
        age_restricted: bool = False,
    ) -> Challenge:
        """Start a challenge; `style` is a stored picture. Raises Refused.

        `age_restricted` says whether the channel is.
        """
        settings = await self._guilds.settings(member.guild_id)
        check_may_start(settings, member)
        check_words(settings, _("The title"), terms.title)
        check_words(settings, _("The theme"), terms.theme)
        if style is not None:
            owner = Owner(member.guild_id, member.id)
            preview = await make_thumbnail(self._retention, self._decoder, style, owner)
            terms = replace(terms, style=preview)
        now = self._clock()
        rules.check_terms(terms, now)
        challenge = Challenge(
            id=0,
            guild_id=member.guild_id,
            channel_id=channel_id,
            host_id=member.id,
            host_name=member.name,
            state=ChallengeState.ENTERING,
            terms=terms,
            seed=self._random.getrandbits(63),
            created_at=now,
            age_restricted=age_restricted,
        )
        async with (
            self._retention.referring_to([terms.style] if terms.style else []),
            self._database.write() as connection,
        ):
            if await self.store.find_open(connection, member.guild_id):
                raise ChallengeRefused(
                    _(
                        "There is already a challenge in this server; see {command}.",
                        command=command("challenge status"),
                    )
                )
            contest = await self.store.add(connection, challenge)
            await self.announcements.follow(connection, None, contest)
        self.changed.set()
        return contest.challenge

    async def enter(self, member: Member, job_id: int) -> Contest:
        """Enter a finished painting into the server's open challenge. Raises Refused."""
        contest = await self._need_open(member.guild_id)
        painting = await self._painting(member, job_id)
        rules.enter(contest, painting, member, self._clock())  # refuses before a preview is made
        owner = Owner(member.guild_id, member.id)
        preview = await make_thumbnail(self._retention, self._decoder, painting.picture, owner)
        shown = replace(painting, preview=preview)
        async with self._retention.referring_to([shown.picture, preview]):
            return await self._change_open(
                member, lambda contest: rules.enter(contest, shown, member, self._clock())
            )

    async def withdraw(self, member: Member, entry_id: int) -> Contest:
        """Withdraw a member's own entry. Raises Refused."""
        return await self._change_open(
            member, lambda contest: rules.withdraw(contest, entry_id, member, self._clock())
        )

    async def remove(self, member: Member, entry_id: int, reason: str) -> Contest:
        """Remove an entry; its author is told the reason. Raises Refused."""
        return await self._change_open(
            member,
            lambda contest: rules.remove(contest, entry_id, member, reason),
            moderator=member,
        )

    async def remove_numbered(self, member: Member, number: int, reason: str) -> Contest:
        """Remove the entry with a number on the ballot, as `remove` does."""

        def remove(contest: Contest) -> Contest:
            found = next((entry.id for entry in contest.ballot if entry.number == number), NO_ENTRY)
            return rules.remove(contest, found, member, reason)

        return await self._change_open(member, remove, moderator=member)

    async def vote(self, member: Member, challenge_id: int, number: int) -> Contest:
        """Cast or change a member's vote. Raises Refused."""
        return await self.change(
            challenge_id, lambda contest: rules.vote(contest, number, member, self._clock())
        )

    async def close(self, member: Member, *, cancel: bool) -> Contest:
        """Go to the next state before the deadline, or cancel. Raises Refused."""

        def end(contest: Contest) -> Contest:
            sentence = _("Only its host and moderators can end a challenge.")
            rules.check_leader(contest.challenge, member, sentence)
            if cancel:
                return rules.cancel(contest, self._clock())
            return rules.end_early(contest, self._clock())

        return await self._change_open(member, end)

    async def rename(
        self, member: Member, challenge_id: int | None, title: str | None, theme: str | None
    ) -> Contest:
        """Change title or theme of a challenge, by default of the open one. Raises Refused."""
        settings = await self._guilds.settings(member.guild_id)
        check_words(settings, _("The title"), title or "")
        check_words(settings, _("The theme"), theme or "")
        if challenge_id is None:
            challenge_id = (await self._need_open(member.guild_id)).challenge.id

        def rename(contest: Contest) -> Contest:
            if contest.challenge.guild_id != member.guild_id:
                raise ChallengeRefused(_("There is no such challenge in this server."))
            sentence = _("Only its host and moderators can rename a challenge.")
            rules.check_leader(contest.challenge, member, sentence)
            return rules.rename(contest, title, theme)

        return await self.change(challenge_id, rename)

    async def repost(
        self, member: Member, channel_id: int | None, *, age_restricted: bool = False
    ) -> Contest:
        """Post again what is missing of the announcements of a challenge's state. Raises Refused.

        The challenge is the open one, else the last one. `channel_id` moves it to another channel,
        and `age_restricted` says whether that one is.
        """
        guild_id = member.guild_id
        contest = await self.open_in(guild_id) or await self.history.results(guild_id, None)
        async with self._database.write() as connection:
            before = await self._find(connection, contest.challenge.id)
            sentence = _("Only its host and moderators can post its messages again.")
            rules.check_leader(before.challenge, member, sentence)
            after = before
            if channel_id is not None:
                after = rules.move(before, channel_id, age_restricted=age_restricted)
            await self.store.save(connection, before, after)
            moved = after.challenge.channel_id != before.challenge.channel_id
            await self.announcements.want_again(connection, after.challenge, moved=moved)
        self.changed.set()
        return after

    async def announced(self, challenge: Challenge) -> Sequence[Announcement]:
        """Give the announcements of a challenge's state, if possible after a first try of each."""
        return await self.announcements.tried(challenge, self._first_try)

    async def open_in(self, guild_id: int) -> Contest | None:
        """Read a server's open challenge."""
        async with self._database.read() as connection:
            return await self.store.find_open(connection, guild_id)

    async def get(self, challenge_id: int) -> Contest | None:
        """Read a challenge."""
        return await self.store.get(challenge_id)

    async def change(
        self, challenge_id: int, rule: Rule, moderator: Member | None = None
    ) -> Contest:
        """Apply a rule and write its announcements in one transaction.

        If it removes entries, the log of the server's moderators names `moderator`.
        """
        async with self._database.write() as connection:
            before = await self._find(connection, challenge_id)
            after = rule(before)
            await self.store.save(connection, before, after)
            await self.announcements.follow(connection, before, after)
            if moderator is not None:
                for entry in journal_entries(before, after, moderator):
                    await self._journal.note(connection, entry)
        self.changed.set()
        return after

    async def _need_open(self, guild_id: int) -> Contest:
        contest = await self.open_in(guild_id)
        if contest is None:
            raise ChallengeRefused(_("There is no challenge open in this server."))
        return contest

    async def _painting(self, member: Member, job_id: int) -> FinishedPainting:
        """Find a member's own painting. Raises JobNotFound for those of others too."""
        job = await self._jobs.get(job_id)
        owner = (member.guild_id, member.id)
        if job is None or (job.origin.guild_id, job.origin.member_id) != owner:
            raise JobNotFound(job_id)
        if job.result is None or job.state not in (JobState.DELIVERING, JobState.DONE):
            raise ChallengeRefused(_("This painting is not finished."))
        if job.result_deleted:
            raise PictureGone
        origin = job.origin
        return FinishedPainting(
            job_id,
            origin.guild_id,
            origin.member_id,
            job.result.picture,
            preview="",
            spoiler=job.sources.spoiler,
            age_restricted=origin.age_restricted,
        )

    async def _change_open(
        self, member: Member, rule: Rule, moderator: Member | None = None
    ) -> Contest:
        contest = await self._need_open(member.guild_id)
        return await self.change(contest.challenge.id, rule, moderator)

    async def _find(self, connection: AsyncConnection, challenge_id: int) -> Contest:
        contest = await self.store.find(connection, challenge_id)
        if contest is None:
            raise ChallengeRefused(_("There is no such challenge any more."))
        return contest

    def _follow(self, job: Job) -> None:
        if job.result_deleted:
            self.changed.set()
