"""The ways to a member: the interaction's token, the channel, a direct message.

Each method sends one message or raises what its failure means for what to do next.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import aiohttp
import discord

from bot.jobs.model import Job
from bot.muralize.card import Card, buttons, custom_id
from bot.people import Origin

# Discord takes this in the place of the id of an interaction's first answer; discord.py's
# types do not know that.
ORIGINAL = cast(int, "@original")

TOO_LARGE = 40005  # "Request entity too large"
DEFAULT_UPLOAD_LIMIT = discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES


class SendError(Exception):
    """A message was not sent, or may not have been."""


class RouteClosed(SendError):
    """It never will be by this route: a dead token, no permission, closed direct messages."""


class FileTooLarge(SendError):
    """Discord takes no file of this size here."""


class NotNow(SendError):
    """Discord or the network failed: the message may have been sent or not; try again later."""


@dataclass(frozen=True)
class Upload:
    """A file to send."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Sent:
    """Where a message is now."""

    channel_id: int
    message_id: int


class MessageSender:
    """Sends and edits the messages about jobs."""

    def __init__(self, client: discord.Client, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock

    def upload_limit(self, guild_id: int) -> int:
        """Say how many bytes a file may have in a server, as far as that is known."""
        guild = self._client.get_guild(guild_id)
        return guild.filesize_limit if guild is not None else DEFAULT_UPLOAD_LIMIT

    async def edit_original(
        self, job: Job, card: Card, files: Sequence[Upload] | None = None
    ) -> Sent:
        """Change the answer to the job's interaction, while its token lives.

        `files` replaces the attachments; None leaves them.
        """
        attachments = discord.utils.MISSING if files is None else _files(files)
        if self._clock() >= job.origin.token_expires_at:
            raise RouteClosed("the interaction's token has expired")
        with explained():
            message = await self._webhook(job.origin).edit_message(
                ORIGINAL,
                content=card.text,
                view=buttons(job.id, card.actions),
                attachments=attachments,
            )
        return Sent(message.channel.id, message.id)

    async def refuse(self, origin: Origin, sentence: str) -> None:
        """Take a public "thinking" back and tell its member, and nobody else, why not."""
        webhook = self._webhook(origin)
        try:
            with explained():
                # The first follow-up would fill the public answer instead of being a private one.
                with suppress(discord.NotFound):  # it went at an earlier try
                    await webhook.delete_message(ORIGINAL)
                await webhook.send(sentence, ephemeral=True)
        except RouteClosed:  # the token died while the bot was down
            with explained():
                channel = await self._client.create_dm(discord.Object(origin.member_id))
                await channel.send(sentence)

    async def post(self, job: Job, card: Card, files: Sequence[Upload]) -> Sent:
        """Send a message to the job's channel, which mentions its member."""
        return await self._send(self._channel(job.origin.channel_id), job, card, files)

    async def post_privately(self, job: Job, card: Card, files: Sequence[Upload]) -> Sent:
        """Send the job's member a direct message."""
        return await self._send(await self._private(job), job, card, files)

    async def edit_card(self, job: Job, card: Card) -> None:
        """Change the job's card as a message of the bot's, when its token is dead."""
        sent = job.delivery
        if sent.card_channel_id is None or sent.card_message_id is None:
            raise RouteClosed("the job has no card")
        message = self._channel(sent.card_channel_id).get_partial_message(sent.card_message_id)
        with explained():
            await message.edit(
                content=card.text, view=buttons(job.id, card.actions), attachments=[]
            )

    async def card_has(self, job: Job, actions: Sequence[str]) -> Sent | None:
        """Find the job's card if it has these buttons already and the bot may look at it."""
        sent = job.delivery
        if sent.card_channel_id is None or sent.card_message_id is None:
            return None
        try:
            with explained():
                channel = self._channel(sent.card_channel_id)
                message = await channel.fetch_message(sent.card_message_id)
        except RouteClosed:
            return None
        wanted = {custom_id(job.id, action) for action in actions}
        return _sent(message) if wanted and wanted <= _custom_ids(message) else None

    async def find_posted(self, job: Job, *, privately: bool, since: float) -> Sent | None:
        """Look for the job's outcome among what was sent after `since`, in Unix seconds.

        Then among the newest since the member asked: our clock may have been wrong, and the ids of
        what Discord made are in its own time.
        """
        begun = discord.Object(discord.utils.time_snowflake(datetime.fromtimestamp(since, UTC)))
        asked = discord.Object(job.origin.interaction_id)
        try:
            with explained():
                channel = (
                    await self._private(job) if privately else self._channel(job.origin.channel_id)
                )
                for after, oldest_first in ((begun, True), (asked, False)):
                    async for message in channel.history(
                        limit=200, after=after, oldest_first=oldest_first
                    ):
                        if _is_outcome(message, job):
                            return _sent(message)
        except RouteClosed:  # it may not read what was sent there
            pass
        return None

    async def _send(
        self, channel: discord.abc.Messageable, job: Job, card: Card, files: Sequence[Upload]
    ) -> Sent:
        with explained():
            message = await channel.send(
                card.text,
                files=_files(files),
                view=buttons(job.id, card.actions),
                # discord.py adds enforce_nonce: within some minutes the same nonce is one message
                nonce=job.delivery.nonce,
                allowed_mentions=discord.AllowedMentions(
                    everyone=False, roles=False, users=[discord.Object(job.origin.member_id)]
                ),
            )
        return _sent(message)

    def _webhook(self, origin: Origin) -> discord.Webhook:
        application = self._client.application_id
        if application is None:
            raise NotNow("the client has not logged in")
        token = origin.interaction_token
        webhook = discord.Webhook.partial(application, token, client=self._client)
        webhook.type = discord.WebhookType.application  # else discord.py forbids ephemeral messages
        return webhook

    def _channel(self, channel_id: int) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(channel_id)

    async def _private(self, job: Job) -> discord.DMChannel:
        with explained():
            return await self._client.create_dm(discord.Object(job.origin.member_id))


@contextmanager
def explained() -> Iterator[None]:
    """Turn an error of discord.py into what it means for the message that was to be sent."""
    try:
        yield
    except discord.HTTPException as error:
        if error.code == TOO_LARGE or error.status == 413:
            raise FileTooLarge(str(error)) from error
        if error.status >= 500 or error.status == 429:
            raise NotNow(str(error)) from error
        # 400, 401, 403 and 404 come back the same however often one asks, and Discord counts
        # them: 10,000 in 10 minutes ban the address.
        raise RouteClosed(str(error)) from error
    except (aiohttp.ClientError, OSError) as error:  # OSError: time-outs too
        raise NotNow(str(error) or type(error).__name__) from error


def _files(uploads: Sequence[Upload]) -> list[discord.File]:
    return [discord.File(io.BytesIO(upload.data), upload.name) for upload in uploads]


def _sent(message: discord.Message) -> Sent:
    return Sent(message.channel.id, message.id)


def _custom_ids(message: discord.Message) -> set[str]:
    return {
        child.custom_id
        for row in message.components
        if isinstance(row, discord.ActionRow)
        for child in row.children
        if child.custom_id is not None
    }


def _is_outcome(message: discord.Message, job: Job) -> bool:
    """Say whether a message was sent to tell the outcome of a job, by its nonce or its buttons.

    The job's card has such buttons too, but answers an interaction, as nothing does that is looked
    for here.
    """
    if message.interaction_metadata is not None or message.id == job.delivery.card_message_id:
        return False
    about = any(found.startswith(custom_id(job.id, "")) for found in _custom_ids(message))
    return about or job.delivery.nonce == str(message.nonce)
