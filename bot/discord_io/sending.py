"""Sends messages to channels, each of them once even if the bot crashes in between, and edits them.

This is an outbox: the caller writes to the database that a send begins, sends, then writes where
the message is. After a crash, or an error that leaves it open whether Discord took the message,
the channel's history is searched before the message is sent again.
"""

import io
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

import aiohttp
import discord

CLOCK_SKEW = 60.0  # seconds that Discord's clock and ours may differ by
LOOK_BACK = 200  # messages of a channel's history
LONGEST_DESCRIPTION = 1024  # characters of an alt text
_TOO_LARGE = 40005  # "Request entity too large"
_NOT_ALLOWED = {50001, 50013}  # missing access or permissions
_ARCHIVED = {50083, 160005}  # an edit in an archived thread; any message for a locked one
_NO_HISTORY = 160002  # a reply without the permission to read the history
_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE = 10003, 10008


class SendError(Exception):
    """A message was not sent, or may not have been."""


class RouteClosed(SendError):
    """Sending will never work this way: a dead token, no permission, closed direct messages."""


class NotAllowedHere(RouteClosed):
    """The bot lacks a permission here, or the thread is closed; moderators may change that."""


class ThreadArchived(NotAllowedHere):
    """The thread is archived, which forbids edits, or locked, which forbids messages too."""


class PlaceGone(RouteClosed):
    """The channel or the message was deleted."""


class MessageDeleted(PlaceGone):
    """The message was deleted (10008), so what it shows is not wanted there."""


class FileTooLarge(SendError):
    """Discord takes no file of this size here."""


class NotNow(SendError):
    """Discord or the network failed: the message may have been sent or not; try again later."""


@dataclass(frozen=True)
class Upload:
    """A file to send. `description` is the alt text, at most 1,024 characters."""

    name: str
    data: bytes
    description: str = ""


@dataclass(frozen=True)
class Sent:
    """Where a message is now."""

    channel_id: int
    message_id: int


@dataclass(frozen=True)
class Outgoing:
    """A message to send. `mentions` are the ids of the members that it may notify.

    `reply_to` is a message in the same channel, which may be deleted by then.
    """

    text: str
    view: discord.ui.View
    nonce: str
    files: Sequence[Upload] = ()
    mentions: Sequence[int] = ()
    reply_to: Sent | None = None


async def send_once(
    channel: discord.abc.Messageable,
    message: Outgoing,
    *,
    begin: Callable[[], Awaitable[object]],
    unclear_since: float | None,
    arrived: Callable[[discord.Message], bool],
    asked: discord.abc.Snowflake | None = None,
) -> Sent:
    """Send a message unless an earlier send of it has arrived.

    `begin` writes to the database that a send begins. `unclear_since`, in Unix seconds, is when an
    earlier send began of which the outcome is unknown, or None. `arrived` recognises the message;
    `asked` is the interaction that it answers. Raises SendError.
    """
    if unclear_since is not None:
        found = await _find(channel, arrived, unclear_since - CLOCK_SKEW, asked)
        if found is not None:
            return found
    await begin()
    with explained():
        try:
            sent = await _send(channel, message)
        except discord.Forbidden as error:
            if error.code != _NO_HISTORY:
                raise
            sent = await _send(channel, replace(message, reply_to=None))
    return place_of(sent)


async def _send(channel: discord.abc.Messageable, message: Outgoing) -> discord.Message:
    reference: dict[str, Any] = {}
    if message.reply_to is not None:
        reference["reference"] = discord.MessageReference(
            message_id=message.reply_to.message_id,
            channel_id=message.reply_to.channel_id,
            fail_if_not_exists=False,
        )
    return await channel.send(
        message.text,
        files=files_of(message.files),
        view=message.view,
        # discord.py adds enforce_nonce: Discord drops a second message with the same nonce
        # for some minutes
        nonce=message.nonce,
        allowed_mentions=only(message.mentions),
        **reference,
    )


async def edit_message(
    client: discord.Client,
    place: Sent,
    text: str,
    view: discord.ui.View,
    files: Sequence[Upload] | None = None,
    *,
    reopen: bool = True,
) -> None:
    """Edit a message of the bot, which needs no token; Discord sends its members no notice.

    `files` replaces the attachments; None leaves them. `reopen` opens an archived thread for it.
    Raises SendError.
    """
    channel = client.get_partial_messageable(place.channel_id)
    try:
        with explained():
            await channel.get_partial_message(place.message_id).edit(
                content=text,
                view=view,
                attachments=discord.utils.MISSING if files is None else files_of(files),
            )
    except ThreadArchived:
        if not reopen:
            raise
        with explained():
            thread = await client.fetch_channel(place.channel_id)
            if isinstance(thread, discord.Thread):
                await thread.edit(archived=False)  # needs the permission to write in it
        await edit_message(client, place, text, view, files, reopen=False)


async def send_privately(client: discord.Client, member_id: int, text: str) -> None:
    """Send a member a direct message. Raises SendError."""
    with explained():
        channel = await client.create_dm(discord.Object(member_id))
        await channel.send(text)


def is_ours(
    client: discord.Client, message: discord.Message, nonce: str, is_marked: Callable[[str], bool]
) -> bool:
    """Recognise a message of the bot by its nonce, or by its text once Discord forgot the nonce."""
    if str(message.nonce) == nonce:
        return True
    me = client.user
    return me is not None and message.author.id == me.id and is_marked(message.content)


def only(member_ids: Sequence[int]) -> discord.AllowedMentions:
    """Let a message notify these members and nobody else."""
    mentions = discord.AllowedMentions.none()
    if member_ids:
        mentions.users = [discord.Object(member_id) for member_id in member_ids]
    return mentions


async def _find(
    channel: discord.abc.Messageable,
    arrived: Callable[[discord.Message], bool],
    since: float,
    asked: discord.abc.Snowflake | None,
) -> Sent | None:
    """Search the history from `since` on, in Unix seconds.

    Then search the newest messages since the interaction `asked`: our clock may have been wrong,
    and the ids that Discord makes are in its own time.
    """
    begun = discord.Object(discord.utils.time_snowflake(datetime.fromtimestamp(since, UTC)))
    searches: list[tuple[discord.abc.Snowflake, bool]] = [(begun, True)]
    if asked is not None:
        searches.append((asked, False))
    try:
        with explained():
            for after, oldest_first in searches:
                async for message in channel.history(
                    limit=LOOK_BACK, after=after, oldest_first=oldest_first
                ):
                    if arrived(message):
                        return place_of(message)
    except RouteClosed:  # the bot has no permission to read the history
        pass
    return None


@contextmanager
def explained() -> Iterator[None]:
    """Turn discord.py's errors into SendErrors."""
    try:
        yield
    except discord.HTTPException as error:
        if error.code == _TOO_LARGE or error.status == 413:
            raise FileTooLarge(str(error)) from error
        if error.status >= 500 or error.status == 429:
            raise NotNow(str(error)) from error
        if error.code in _ARCHIVED:
            raise ThreadArchived(str(error)) from error
        if error.code in _NOT_ALLOWED:
            raise NotAllowedHere(str(error)) from error
        if error.code == _UNKNOWN_MESSAGE:
            raise MessageDeleted(str(error)) from error
        if error.code == _UNKNOWN_CHANNEL:
            raise PlaceGone(str(error)) from error
        # A repeat of 400, 401, 403 and 404 gets the same answer, and Discord counts them: 10,000
        # in 10 minutes ban the address.
        raise RouteClosed(str(error)) from error
    except (aiohttp.ClientError, OSError) as error:  # OSError: time-outs too
        raise NotNow(str(error) or type(error).__name__) from error


def files_of(uploads: Iterable[Upload]) -> list[discord.File]:
    """Make discord.py's files of uploads, each with an alt text. Each can be sent once."""
    return [
        discord.File(
            io.BytesIO(upload.data),
            upload.name,
            description=(upload.description or _words(upload.name))[:LONGEST_DESCRIPTION],
        )
        for upload in uploads
    ]


def _words(file_name: str) -> str:
    """Make words of a file's name: `entry-3.jpg` is "entry 3"."""
    stem = PurePath(file_name.removeprefix("SPOILER_")).stem
    return stem.replace("-", " ").replace("_", " ")


def place_of(message: discord.Message) -> Sent:
    """Say where a message is."""
    return Sent(message.channel.id, message.id)
