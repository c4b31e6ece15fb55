"""Changes challenges: each change is a rule applied in one transaction.

Announcements are written in the transaction of the change; the scheduler sends them.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from random import Random

from bot.challenges import rules
from bot.challenges.announcement_store import AnnouncementStore
from bot.challenges.model import (
    Announcement,
    Challenge,
    ChallengeState,
    Contest,
    FinishedPainting,
    Standing,
    Terms,
)
from bot.challenges.store import ChallengeStore
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

Rule = Callable[[Contest], Contest]
TRIED_WITHIN = 8.0  # seconds that a command waits for the first try of its announcement

LEADERS = 20  # on the leaderboard


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
    ) -> None:
        self.store = store
        self._database = store.database
        self.announcements = announcements
        self.pictures = retention.pictures
        self._retention = retention
        self._decoder = decoder
        self._guilds = guilds
        self._jobs = jobs
        self._clock = clock
        self._random = random
        self._journal = journal
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

        `age_restricted` is what the channel is.
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
        rules.enter(contest, painting, member, self._clock())  # before a preview is made
        owner = Owner(member.guild_id, member.id)
        preview = await make_thumbnail(self._retention, self._decoder, painting.picture, owner)
        painting = replace(painting, preview=preview)
        async with self._retention.referring_to([painting.picture, painting.preview]):
            return await self._change_open(
                member, lambda contest: rules.enter(contest, painting, member, self._clock())
            )

    async def withdraw(self, member: Member, entry_id: int) -> Contest:
        """Withdraw a member's own entry. Raises Refused."""
        return await self._change_open(
            member, lambda contest: rules.withdraw(contest, entry_id, member, self._clock())
        )

    async def remove(self, member: Member, entry_id: int, reason: str) -> Contest:
        """Remove an entry; its author is told the reason. Raises Refused."""
        return await self._change_open(
            member, lambda contest: rules.remove(contest, entry_id, member, reason), log=True
        )

    async def remove_numbered(self, member: Member, number: int, reason: str) -> Contest:
        """Remove the entry of a number on the ballot, as `remove` does."""

        def rule(contest: Contest) -> Contest:
            found = next((entry.id for entry in contest.ballot if entry.number == number), 0)
            return rules.remove(contest, found, member, reason)

        return await self._change_open(member, rule, log=True)

    async def vote(self, member: Member, challenge_id: int, number: int) -> Contest:
        """Cast or change a member's vote. Raises Refused."""
        return await self.change(
            challenge_id, lambda contest: rules.vote(contest, number, member, self._clock())
        )

    async def close(self, member: Member, *, cancel: bool) -> Contest:
        """Go to the next state before the deadline, or cancel. Raises Refused."""

        def rule(contest: Contest) -> Contest:
            sentence = _("Only its host and moderators can end a challenge.")
            rules.check_leader(contest.challenge, member, sentence)
            step = rules.cancel if cancel else rules.go_on
            return step(contest, self._clock())

        return await self._change_open(member, rule)

    async def rename(
        self, member: Member, challenge_id: int | None, title: str | None, theme: str | None
    ) -> Contest:
        """Change title or theme of a challenge, by default of the open one. Raises Refused."""
        settings = await self._guilds.settings(member.guild_id)
        check_words(settings, _("The title"), title or "")
        check_words(settings, _("The theme"), theme or "")
        if challenge_id is None:
            challenge_id = (await self._need_open(member.guild_id)).challenge.id

        def rule(contest: Contest) -> Contest:
            _check_here(contest, member)
            sentence = _("Only its host and moderators can rename a challenge.")
            rules.check_leader(contest.challenge, member, sentence)
            return rules.rename(contest, title, theme)

        return await self.change(challenge_id, rule)

    async def repost(
        self, member: Member, channel_id: int | None, *, age_restricted: bool = False
    ) -> Contest:
        """Let what is missing of the present announcement be posted again. Raises Refused.

        That is of the open challenge, else of the last one. `channel_id` is another channel for it,
        and `age_restricted` what that one is.
        """
        contest = await self.open_in(member.guild_id) or await self.results(member.guild_id, None)
        async with self._database.write() as connection:
            before = await self.store.find(connection, contest.challenge.id)
            if before is None:
                raise ChallengeRefused(_("There is no such challenge any more."))
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
        """Give the announcements of the present state, once each of them was tried."""
        return await self.announcements.tried(challenge, TRIED_WITHIN)

    async def open_in(self, guild_id: int) -> Contest | None:
        """Read a server's open challenge."""
        async with self._database.read() as connection:
            return await self.store.find_open(connection, guild_id)

    async def get(self, challenge_id: int) -> Contest | None:
        """Read a challenge."""
        return await self.store.get(challenge_id)

    async def closed_in(self, guild_id: int, limit: int = 25) -> Sequence[Challenge]:
        """List a server's closed challenges, the last one first."""
        return await self.store.closed(guild_id, limit)

    async def results(self, guild_id: int, challenge_id: int | None) -> Contest:
        """Read a closed challenge, the last one where none is named. Raises Refused."""
        if challenge_id is None:
            past = await self.store.closed(guild_id, 1)
            if not past:
                raise ChallengeRefused(_("No challenge has ended in this server yet."))
            challenge_id = past[0].id
        contest = await self.get(challenge_id)
        if contest is None or contest.challenge.guild_id != guild_id:
            raise ChallengeRefused(_("There is no such challenge in this server."))
        if contest.challenge.state is not ChallengeState.CLOSED:
            raise ChallengeRefused(_("This challenge has no results, because it was not closed."))
        return contest

    async def leaderboard(self, guild_id: int) -> list[Standing]:
        """List the best of a server's members over all its closed challenges."""
        rows = await self.store.tally(guild_id, LEADERS)
        scores = [(row["wins"], row["podiums"], row["votes"]) for row in rows]
        return [
            Standing(rank=1 + scores.index(score), **row)
            for row, score in zip(rows, scores, strict=True)
        ]

    # For the scheduler.

    async def act_on_deadlines(self) -> float | None:
        """Change every challenge with a passed deadline; return the time of the next deadline."""
        await self._follow_deletions()
        for challenge in await self.store.open():
            if (rules.deadline(challenge) or 0.0) <= self._clock():
                await self.change(
                    challenge.id, lambda contest: rules.due(contest, self._clock()) or contest
                )
        times = [rules.deadline(challenge) for challenge in await self.store.open()]
        return min((time for time in times if time is not None), default=None)

    async def _need_open(self, guild_id: int) -> Contest:
        contest = await self.open_in(guild_id)
        if contest is None:
            raise ChallengeRefused(_("There is no challenge open in this server."))
        return contest

    async def _painting(self, member: Member, job_id: int) -> FinishedPainting:
        """Find a member's own painting; all others do not exist for this member."""
        job = await self._jobs.get(job_id)
        if job is None or (job.origin.guild_id, job.origin.member_id) != (
            member.guild_id,
            member.id,
        ):
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

    async def _change_open(self, member: Member, rule: Rule, *, log: bool = False) -> Contest:
        contest = await self._need_open(member.guild_id)
        return await self.change(contest.challenge.id, rule, member if log else None)

    async def change(
        self, challenge_id: int, rule: Rule, moderator: Member | None = None
    ) -> Contest:
        """Apply a rule and write its announcements in one transaction.

        The moderators' log tells which entries `moderator` removed.
        """
        async with self._database.write() as connection:
            before = await self.store.find(connection, challenge_id)
            if before is None:
                raise ChallengeRefused(_("There is no such challenge any more."))
            after = rule(before)
            await self.store.save(connection, before, after)
            await self.announcements.follow(connection, before, after)
            for entry in rules.removals(before, after, moderator) if moderator else ():
                await self._journal.note(connection, entry)
        self.changed.set()
        return after

    def _follow(self, job: Job) -> None:
        if job.result_deleted:
            self.changed.set()

    async def _follow_deletions(self) -> None:
        """Remove the paintings that their owners deleted, also while the bot was down."""
        async with self._database.read() as connection:
            found = await self.store.with_deleted_paintings(connection)
        for challenge_id, deleted in found.items():
            contest = await self.get(challenge_id)
            gone = [e for e in (contest.entries if contest else ()) if e.job_id in deleted]
            for entry in gone:
                await self.change(challenge_id, partial(_without, entry_id=entry.id))
            names = [name for entry in gone for name in entry.pictures]
            await self._retention.release(names)


def _check_here(contest: Contest, member: Member) -> None:
    if contest.challenge.guild_id != member.guild_id:
        raise ChallengeRefused(_("There is no such challenge in this server."))


def _without(contest: Contest, entry_id: int) -> Contest:
    entry = next((entry for entry in contest.entries if entry.id == entry_id), None)
    return contest if entry is None else rules.delete_painting(contest, entry)
