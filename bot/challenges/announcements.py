"""Sends what is to be announced of challenges, each message once whatever crashes.

The database knows before each send that it may happen, so that after a crash it is looked for
first: by its nonce, and by its last line where Discord no longer tells the nonce.
"""

import io
import logging
from collections.abc import Callable
from datetime import UTC, datetime

import discord

from bot.challenges import card
from bot.challenges.model import Contest, Notice, NoticeKind
from bot.challenges.notices import NoticeStore
from bot.challenges.service import ChallengeService
from bot.discord_io.sender import FileTooLarge, NotNow, RouteClosed, explained
from bot.errors import PictureGone
from bot.pictures.store import PictureStore

log = logging.getLogger(__name__)

_CLOCKS_APART = 60.0  # seconds that Discord's clock and ours may differ by
_LOOK_BACK = 200  # messages


class Announcer:
    """Sends notices, and changes the messages of those that have become stale."""

    def __init__(
        self,
        client: discord.Client,
        challenges: ChallengeService,
        notices: NoticeStore,
        pictures: PictureStore,
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._challenges = challenges
        self._notices = notices
        self._pictures = pictures
        self._clock = clock

    async def announce(self) -> bool:
        """Do all that is pending; say whether nothing has to be tried again."""
        done = True
        for notice in await self._notices.pending():
            try:
                await self._announce(notice)
            except NotNow as error:
                log.warning("challenge %d, %s: later: %s", notice.challenge_id, notice.kind, error)
                done = False
            except (RouteClosed, FileTooLarge) as error:
                log.warning("challenge %d, %s: %s", notice.challenge_id, notice.kind, error)
                await self._notices.give_up(notice)
        return done

    async def _announce(self, notice: Notice) -> None:
        contest = await self._challenges.get(notice.challenge_id)
        if contest is None or not _still_true(notice, contest):
            await self._notices.give_up(notice)
        elif notice.message_id is None:
            await self._send_once(notice, contest)
        else:
            await self._refresh(notice, contest)

    async def _send_once(self, notice: Notice, contest: Contest) -> None:
        channel = await self._channel(notice, contest)
        if notice.began_at is not None:
            found = await self._find(channel, notice, contest)
            if found is not None:
                await self._notices.sent(notice, found.channel.id, found.id)
                return
        shown = card.post(notice, contest)
        files = await self._files(shown)
        await self._notices.began(notice, self._clock())
        with explained():
            message = await channel.send(
                shown.text,
                files=files,
                view=shown.view,
                # discord.py adds enforce_nonce: within some minutes the same nonce is one message
                nonce=notice.nonce,
            )
        await self._notices.sent(notice, message.channel.id, message.id)
        log.info("challenge %d: announced %s", notice.challenge_id, notice.kind)

    async def _refresh(self, notice: Notice, contest: Contest) -> None:
        shown = card.post(notice, contest)
        channel = self._client.get_partial_messageable(notice.channel_id or 0)
        files = await self._files(shown)
        # a change that comes while this is sent makes the notice stale again, not lost
        await self._notices.refreshed(notice)
        try:
            with explained():
                message = channel.get_partial_message(notice.message_id or 0)
                await message.edit(content=shown.text, attachments=files, view=shown.view)
        except NotNow:
            await self._notices.outdated(notice)
            raise

    async def _channel(self, notice: Notice, contest: Contest) -> discord.abc.Messageable:
        if notice.kind is not NoticeKind.REMOVED:
            return self._client.get_partial_messageable(contest.challenge.channel_id)
        author = next(e.member_id for e in contest.entries if e.id == notice.part)
        with explained():
            return await self._client.create_dm(discord.Object(author))

    async def _find(
        self, channel: discord.abc.Messageable, notice: Notice, contest: Contest
    ) -> discord.Message | None:
        """Look for a message that a crash has left unclear."""
        since = datetime.fromtimestamp((notice.began_at or 0.0) - _CLOCKS_APART, UTC)
        after = discord.Object(discord.utils.time_snowflake(since))
        line = card.marker(contest.challenge, notice.kind, notice.part)
        me = self._client.user
        try:
            with explained():
                async for message in channel.history(limit=_LOOK_BACK, after=after):
                    ours = me is not None and message.author.id == me.id
                    last = message.content.rsplit("\n", 1)[-1]
                    if str(message.nonce) == notice.nonce or (
                        ours and (last == line or last.startswith(f"{line} · started"))
                    ):
                        return message
        except RouteClosed:  # it may not read what was sent there
            pass
        return None

    async def _files(self, shown: card.Post) -> list[discord.File]:
        files = []
        for name, picture in shown.pictures:
            try:
                files.append(discord.File(io.BytesIO(await self._pictures.read(picture)), name))
            except PictureGone:  # deleted a moment ago; the message is changed in another
                continue
        return files


def _still_true(notice: Notice, contest: Contest) -> bool:
    """Say whether a notice is still worth its message."""
    if notice.kind is NoticeKind.REMOVED:
        return any(e.id == notice.part and e.removed and e.member_id for e in contest.entries)
    return notice.kind is not NoticeKind.VOTING or card.is_open(contest) or bool(notice.message_id)
