"""Sends the announcements of challenges, each once, and edits those that are out of date.

After a crash a message is recognised by its nonce, or by its last line where Discord no longer
gives the nonce.
"""

import logging
from collections.abc import Callable
from functools import partial

import discord

from bot.challenges import card
from bot.challenges.announcement_store import AnnouncementStore
from bot.challenges.model import FORGOTTEN, Announcement, AnnouncementKind, Contest
from bot.challenges.store import ChallengeStore
from bot.discord_io.sending import (
    FileTooLarge,
    NotNow,
    Outgoing,
    RouteClosed,
    Upload,
    explained,
    files_of,
    send_once,
)
from bot.errors import PictureGone
from bot.pictures.store import PictureStore

log = logging.getLogger(__name__)


class Announcer:
    """Sends announcements, and edits those that are out of date."""

    def __init__(
        self,
        client: discord.Client,
        challenges: ChallengeStore,
        announcements: AnnouncementStore,
        pictures: PictureStore,
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._challenges = challenges
        self._announcements = announcements
        self._pictures = pictures
        self._clock = clock

    async def announce(self) -> bool:
        """Send and edit all that is pending; say whether there is nothing to retry."""
        all_sent = True
        for announcement in await self._announcements.pending():
            try:
                await self._announce(announcement)
            except NotNow as error:
                log.warning(
                    "challenge %d, %s: later: %s",
                    announcement.challenge_id,
                    announcement.kind,
                    error,
                )
                all_sent = False
            except (RouteClosed, FileTooLarge) as error:
                log.warning(
                    "challenge %d, %s: %s", announcement.challenge_id, announcement.kind, error
                )
                await self._announcements.give_up(announcement)
        return all_sent

    async def _announce(self, announcement: Announcement) -> None:
        contest = await self._challenges.get(announcement.challenge_id)
        if contest is None or not _still_true(announcement, contest):
            await self._announcements.give_up(announcement)
        elif announcement.message_id is None:
            await self._send_once(announcement, contest)
        else:
            await self._refresh(announcement, contest)

    async def _send_once(self, announcement: Announcement, contest: Contest) -> None:
        channel = await self._channel(announcement, contest)
        shown = card.post(announcement, contest)
        sent = await send_once(
            channel,
            Outgoing(shown.text, shown.view, announcement.nonce, await self._files(shown)),
            begin=lambda: self._announcements.began(announcement, self._clock()),
            unclear_since=announcement.began_at,
            arrived=partial(self._is_announcement, announcement, contest),
        )
        await self._announcements.sent(announcement, sent.channel_id, sent.message_id)
        log.info("challenge %d: announced %s", announcement.challenge_id, announcement.kind)

    async def _refresh(self, announcement: Announcement, contest: Contest) -> None:
        shown = card.post(announcement, contest)
        channel = self._client.get_partial_messageable(announcement.channel_id or 0)
        files = files_of(await self._files(shown))
        # cleared before the edit, so that a change during the edit sets it again
        await self._announcements.refreshed(announcement)
        try:
            with explained():
                message = channel.get_partial_message(announcement.message_id or 0)
                await message.edit(content=shown.text, attachments=files, view=shown.view)
        except NotNow:
            await self._announcements.outdated(announcement)
            raise

    async def _channel(
        self, announcement: Announcement, contest: Contest
    ) -> discord.abc.Messageable:
        if announcement.kind is not AnnouncementKind.REMOVED:
            return self._client.get_partial_messageable(contest.challenge.channel_id)
        author = next(e.member_id for e in contest.entries if e.id == announcement.part)
        with explained():
            return await self._client.create_dm(discord.Object(author))

    def _is_announcement(
        self, announcement: Announcement, contest: Contest, message: discord.Message
    ) -> bool:
        """Recognise the message of an announcement by its nonce, or by its last line."""
        if str(message.nonce) == announcement.nonce:
            return True
        me = self._client.user
        ours = me is not None and message.author.id == me.id
        return ours and card.has_marker(
            message.content, contest.challenge, announcement.kind, announcement.part
        )

    async def _files(self, shown: card.Post) -> list[Upload]:
        files = []
        for name, picture in shown.pictures:
            try:
                files.append(Upload(name, await self._pictures.read(picture)))
            except PictureGone:  # deleted a moment ago; the message is edited soon
                continue
        return files


def _still_true(announcement: Announcement, contest: Contest) -> bool:
    """Say whether an announcement is still worth its message."""
    if announcement.kind is AnnouncementKind.REMOVED:
        entry = next((one for one in contest.entries if one.id == announcement.part), None)
        return entry is not None and entry.removed is not None and entry.member_id != FORGOTTEN
    if announcement.kind is AnnouncementKind.VOTING and announcement.message_id is None:
        return card.is_open(contest)  # a ballot is not sent once its vote is over
    return True
