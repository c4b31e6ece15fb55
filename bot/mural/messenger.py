"""Sends the message of each mural once, and edits it as the mural grows, at a bounded rate."""

import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import discord

from bot.back_off import BackOff
from bot.discord_io.sending import (
    FileTooLarge,
    MessageDeleted,
    NotAllowedHere,
    NotNow,
    Outgoing,
    PlaceGone,
    RouteClosed,
    SendError,
    Sent,
    Upload,
    edit_message,
    is_ours,
    send_once,
    send_privately,
)
from bot.errors import MuralscapeError, PictureGone
from bot.guilds.service import GuildService
from bot.languages.speech import _
from bot.mural import card
from bot.mural.buttons import under_mural
from bot.mural.model import ALIVE, Mural, MuralState
from bot.mural.store import MuralStore
from bot.mural.workshop import Workshop
from bot.pictures.store import PictureStore
from bot.web.links import Link

log = logging.getLogger(__name__)

TRIES = BackOff(first=5.0, longest=3600.0)
ASSEMBLING = BackOff(first=60.0, longest=3600.0)
FILM_NAME = "mural-growing.mp4"


@dataclass(frozen=True)
class MuralPace:
    """How often a mural's message is edited and failures are retried, in seconds."""

    edits: float = 5.0  # between two edits at least; each uploads a picture
    late: float = 60.0  # the same an hour after it was sent: Discord limits those (30046)
    old: float = 3600.0  # after that many seconds an edit is late
    tries: BackOff = TRIES
    assembling: BackOff = ASSEMBLING


class MuralMessenger:
    """Shows murals in their channels. `clock` gives Unix seconds.

    `end_in` ends a server's mural in a channel that was deleted.
    """

    def __init__(
        self,
        client: discord.Client,
        store: MuralStore,
        guilds: GuildService,
        workshop: Workshop,
        pictures: PictureStore,
        page_of: Callable[[Mural], Link | None],
        end_in: Callable[[int, int], Awaitable[None]],
        clock: Callable[[], float],
        pace: MuralPace,
    ) -> None:
        self._client = client
        self._store = store
        self._guilds = guilds
        self._workshop = workshop
        self._pictures = pictures
        self._page_of = page_of
        self._end_in = end_in
        self._clock = clock
        self._pace = pace
        self._edited: dict[int, float] = {}  # when each message was last sent or edited
        self._failures: dict[int, int] = {}  # in a row

    async def show(self, mural: Mural) -> float:
        """Send or edit a mural's message if that is due; return seconds until the next look.

        The first look in a run of the bot edits it anyway: it may have been deleted meanwhile.
        """
        if mural.message.given_up:
            return math.inf
        if mural.message.shown >= mural.version and mural.id in self._edited:
            return math.inf
        since = self._clock() - self._edited.get(mural.id, -math.inf)
        wait = self._interval(mural)
        if 0 <= since < wait:  # below 0 where the clock was put back
            return wait - since
        try:
            await self._show(mural)
        except (NotNow, NotAllowedHere) as error:
            failures = self._failures[mural.id] = self._failures.get(mural.id, 0) + 1
            log.warning("mural %d: its message waits: %s", mural.id, error)
            self._edited[mural.id] = self._clock()
            return self._pace.tries.after(failures)
        except (RouteClosed, FileTooLarge) as error:
            return await self._without_message(mural, error)
        self._failures.pop(mural.id, None)
        self._edited[mural.id] = self._clock()
        return self._interval(mural)

    async def _without_message(self, mural: Mural, error: SendError) -> float:
        """Send a deleted message anew while members need it; end a mural without a channel."""
        if isinstance(error, MessageDeleted) and mural.state in ALIVE:
            log.warning("mural %d: its message was deleted, and is sent anew", mural.id)
            nonce = str((int(mural.message.nonce) + 1) % 2**63)
            await self._store.set_message(
                mural.id, nonce=nonce, began_at=None, message_id=None, shown=0
            )
            return self._pace.edits
        log.warning("mural %d: its message is given up: %s", mural.id, error)
        if isinstance(error, PlaceGone):
            await self._end_in(mural.guild_id, mural.channel_id)
        await self._store.set_message(mural.id, given_up=True)
        return math.inf

    def _interval(self, mural: Mural) -> float:
        began = mural.message.began_at
        late = began is not None and self._clock() - began > self._pace.old
        return self._pace.late if late else self._pace.edits

    async def _show(self, mural: Mural) -> None:
        link = self._page_of(mural)
        with await self._guilds.voice(mural.guild_id):
            text, view = card.growing(mural, link.url if link else None), under_mural(mural)
        message = mural.message
        place = Sent(mural.channel_id, message.message_id or 0)
        if message.shown >= mural.version:  # it has the picture already
            await edit_message(self._client, place, text, view)
            return
        files = await self._files(mural)
        if message.message_id is None:
            sent = await send_once(
                self._client.get_partial_messageable(mural.channel_id),
                Outgoing(text, view, message.nonce, files),
                begin=partial(self._begin, mural),
                unclear_since=message.began_at,
                arrived=partial(self._is_ours, mural),
            )
            # Of a send that was unclear it may be a message that somebody has deleted since, which
            # Discord gives for a nonce that it remembers; an edit tells.
            shown = mural.version if message.began_at is None else 0
            await self._store.set_message(mural.id, message_id=sent.message_id, shown=shown)
            return
        await edit_message(self._client, place, text, view, files)
        await self._store.set_message(mural.id, shown=mural.version)

    async def _begin(self, mural: Mural) -> None:
        if mural.message.began_at is None:
            await self._store.set_message(mural.id, began_at=self._clock())

    async def _files(self, mural: Mural) -> list[Upload]:
        """The picture of a mural, and its film where that fits."""
        if mural.state is MuralState.CANCELLED:
            return []
        try:
            preview = await self._workshop.preview(mural, numbered=False)
            with await self._guilds.voice(mural.guild_id):
                alt_text, of_film = card.alt_text(mural), _("A film of how the mural grew")
            files = [Upload("mural.jpg", preview, alt_text)]
            if mural.results is not None:
                film = await self._pictures.read(mural.results.film)
                guild = self._client.get_guild(mural.guild_id)
                if guild is not None and len(film) <= guild.filesize_limit:
                    files.append(Upload(FILM_NAME, film, of_film))
        except PictureGone:  # deleted a moment ago; the message is edited soon
            return []
        except MuralscapeError as error:
            raise NotNow(str(error)) from error
        return files

    def _is_ours(self, mural: Mural, message: discord.Message) -> bool:
        """Recognise the message of a mural by its nonce, or by its last line."""
        return is_ours(
            self._client, message, mural.message.nonce, lambda text: card.has_marker(text, mural)
        )


async def tell(client: discord.Client, member_id: int, text: str) -> None:
    """Send a member a direct message, if that is possible."""
    try:
        await send_privately(client, member_id, text)
    except SendError as error:
        log.info("member %d is not told: %s", member_id, error)
