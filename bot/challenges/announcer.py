"""Sends the announcements of challenges, each once, and edits those that are out of date.

They are in the language of their server, as are the direct messages about them.
After a crash a message is recognised by its nonce, or by its last line where Discord no longer
gives the nonce. A failure that can pass is retried. Failures are logged, and the member that
started the challenge (its host) gets a direct message about them.
"""

import logging
from collections.abc import Callable
from functools import partial

import discord

from bot.back_off import BackOff
from bot.challenges import card, notices
from bot.challenges.announcement_store import AnnouncementStore
from bot.challenges.model import FORGOTTEN, Announcement, AnnouncementKind, Contest, Problem
from bot.challenges.pictures import NumberedPictures
from bot.challenges.store import ChallengeStore
from bot.discord_io.sending import (
    FileTooLarge,
    NotAllowedHere,
    NotNow,
    Outgoing,
    PlaceGone,
    RouteClosed,
    SendError,
    Sent,
    edit_message,
    explained,
    is_ours,
    send_once,
    send_privately,
)
from bot.guilds.service import GuildService

log = logging.getLogger(__name__)

TRIES = BackOff(first=5.0, longest=3600.0, attempts=180)  # in the end each hour, for a week
# Where the bot lacks a permission, the host of the challenge is told at once; where Discord, the
# network or the bot itself failed, after so many tries.
FAILURES_BEFORE_TELLING = 5


class Announcer:
    """Sends announcements, and edits those that are out of date.

    The client must be connected, so that it knows the languages of servers.
    """

    def __init__(
        self,
        client: discord.Client,
        challenges: ChallengeStore,
        announcements: AnnouncementStore,
        pictures: NumberedPictures,
        guilds: GuildService,
        clock: Callable[[], float],
        tries: BackOff = TRIES,
    ) -> None:
        self._client = client
        self._challenges = challenges
        self._announcements = announcements
        self._pictures = pictures
        self._guilds = guilds
        self._clock = clock
        self._tries = tries

    async def announce(self) -> float | None:
        """Send and edit all that is due now.

        Returns when the next announcement is due, in Unix seconds; None when none is left.
        """
        for announcement in await self._announcements.pending(self._clock()):
            contest = await self._challenges.get(announcement.challenge_id)
            if contest is None or not _is_worth_sending(announcement, contest):
                await self._announcements.give_up(announcement)
                continue
            try:
                await self._announce(announcement, contest)
            except (NotNow, NotAllowedHere) as error:
                await self._put_off(announcement, contest, error)
            except (RouteClosed, FileTooLarge) as error:
                await self._give_up(announcement, contest, error)
            except Exception as error:  # must not stop the others', as one that a disk causes
                log.exception("challenge %d, %s failed", contest.challenge.id, announcement.kind)
                await self._put_off(announcement, contest, error)
        return await self._announcements.next_try()

    async def _announce(self, announcement: Announcement, contest: Contest) -> None:
        if announcement.message_id is None:
            await self._send_once(announcement, contest)
            return
        try:
            await self._refresh(announcement, contest)
        except PlaceGone:
            # Somebody deleted it, so it stays away unless `/challenge repost` asked for it.
            if not announcement.wanted_again:
                raise
            await self._announcements.send_again(announcement)

    async def _send_once(self, announcement: Announcement, contest: Contest) -> None:
        channel = await self._channel(announcement, contest)
        shown, view = await self._post(announcement, contest)
        files = await self._pictures.uploads(shown)
        sent = await send_once(
            channel,
            Outgoing(shown.text, view, announcement.nonce, files),
            begin=lambda: self._announcements.began(announcement, self._clock()),
            unclear_since=announcement.began_at,
            arrived=partial(self._is_announcement, announcement, contest),
        )
        await self._announcements.sent(announcement, sent.channel_id, sent.message_id)
        log.info("challenge %d: announced %s", announcement.challenge_id, announcement.kind)

    async def _post(
        self, announcement: Announcement, contest: Contest
    ) -> tuple[card.Post, discord.ui.View]:
        """Make the message of an announcement in the server's language, and its components."""
        with await self._guilds.voice(contest.challenge.guild_id):
            shown = card.post(announcement, contest)
            return shown, shown.view

    async def _refresh(self, announcement: Announcement, contest: Contest) -> None:
        shown, view = await self._post(announcement, contest)
        place = Sent(announcement.channel_id or 0, announcement.message_id or 0)
        files = await self._pictures.uploads(shown)
        # cleared before the edit, so that a change during the edit sets it again
        await self._announcements.refreshing(announcement)
        await edit_message(self._client, place, shown.text, view, files)
        await self._announcements.refreshed(announcement)

    async def _put_off(
        self, announcement: Announcement, contest: Contest, error: Exception
    ) -> None:
        """Record a failure that may pass, and when to try again."""
        failures, attempts = announcement.failures + 1, self._tries.attempts
        if attempts is not None and failures >= attempts:
            await self._give_up(announcement, contest, error)
            return
        seconds = self._tries.after(failures)
        log.warning(
            "challenge %d, %s: next try in %.0f s: %s",
            announcement.challenge_id,
            announcement.kind,
            seconds,
            str(error) or type(error).__name__,
        )
        forbidden = isinstance(error, NotAllowedHere)
        problem = Problem.FORBIDDEN if forbidden else Problem.NOT_TAKEN
        if not isinstance(error, SendError):
            problem = Problem.FAULT
        await self._announcements.failed(announcement, problem, self._clock() + seconds)
        if forbidden or failures >= FAILURES_BEFORE_TELLING:
            await self._tell_host(announcement, contest, problem, notices.retry_hint)

    async def _give_up(
        self, announcement: Announcement, contest: Contest, error: Exception
    ) -> None:
        """Record a failure that will not pass, and tell the host of the challenge.

        The host is not told where only an edit failed, nor about a message to somebody else.
        """
        log.warning("challenge %d, %s: %s", announcement.challenge_id, announcement.kind, error)
        if announcement.message_id is not None or announcement.kind is AnnouncementKind.REMOVED:
            await self._announcements.give_up(announcement)
            return
        problem = Problem.GONE if isinstance(error, PlaceGone) else Problem.IMPOSSIBLE
        await self._announcements.give_up(announcement, problem)
        await self._tell_host(announcement, contest, problem, notices.repost_hint)

    async def _tell_host(
        self,
        announcement: Announcement,
        contest: Contest,
        problem: Problem,
        what_follows: Callable[[], str],
    ) -> None:
        """Send the host of a challenge one direct message about an announcement."""
        host = contest.challenge.host_id
        is_for_author = announcement.kind is AnnouncementKind.REMOVED
        if is_for_author or host == FORGOTTEN:
            return
        if await self._announcements.is_host_told(announcement):
            return
        await self._announcements.host_told(announcement)
        with await self._guilds.voice(contest.challenge.guild_id):
            text = notices.host_message(contest.challenge, problem, what_follows())
        try:
            await send_privately(self._client, host, text)
        except SendError as error:
            log.warning("the host of challenge %d is not told: %s", contest.challenge.id, error)

    async def _channel(
        self, announcement: Announcement, contest: Contest
    ) -> discord.abc.Messageable:
        """Give the challenge's channel; for a removed entry, its author's direct messages."""
        if announcement.kind is not AnnouncementKind.REMOVED:
            return self._client.get_partial_messageable(contest.challenge.channel_id)
        author = next(e.member_id for e in contest.entries if e.id == announcement.part)
        with explained():
            return await self._client.create_dm(discord.Object(author))

    def _is_announcement(
        self, announcement: Announcement, contest: Contest, message: discord.Message
    ) -> bool:
        """Recognise the message of an announcement by its nonce, or by its last line."""
        return is_ours(
            self._client,
            message,
            announcement.nonce,
            lambda text: card.has_marker(
                text, contest.challenge, announcement.kind, announcement.part
            ),
        )


def _is_worth_sending(announcement: Announcement, contest: Contest) -> bool:
    """Say whether what an announcement tells is still so."""
    if announcement.kind is AnnouncementKind.REMOVED:
        entry = next((one for one in contest.entries if one.id == announcement.part), None)
        return entry is not None and entry.removed is not None and entry.member_id != FORGOTTEN
    if announcement.kind is AnnouncementKind.VOTING and announcement.message_id is None:
        return contest.challenge.is_open  # a ballot is not sent once its vote is over
    return True
