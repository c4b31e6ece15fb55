"""Sends and edits the messages of a job: the answer to its interaction, and channel messages.

Each method sends or edits one message, or raises a SendError that says whether to try again.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial
from typing import cast

import discord

from bot.discord_io import sending
from bot.discord_io.sending import (
    MessageDeleted,
    NotNow,
    Outgoing,
    RouteClosed,
    Sent,
    Upload,
    explained,
)
from bot.jobs.model import Job
from bot.languages.speech import _, decorated, speaking
from bot.muralize import buttons
from bot.muralize.card import Card
from bot.people import OUTSIDE, Origin

# Discord takes this in place of the id of an interaction's first answer; discord.py's types do
# not know that.
ORIGINAL = cast(int, "@original")

DEFAULT_UPLOAD_LIMIT = discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES


class JobMessageSender:
    """Sends and edits the messages of jobs.

    `voice` sets the language of a member, and the wishes of their server such as fewer emoji.
    `clock` gives Unix seconds.
    """

    def __init__(
        self,
        client: discord.Client,
        voice: Callable[[int, str], Awaitable[AbstractContextManager[None]]],
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._voice = voice
        self._clock = clock

    def upload_limit(self, guild_id: int) -> int:
        """Give the largest size of each file in a server, in bytes; Discord's default if unknown.

        In an answer to an interaction it is larger where the member has Nitro: see `Origin`.
        """
        guild = self._client.get_guild(guild_id)
        return guild.filesize_limit if guild is not None else DEFAULT_UPLOAD_LIMIT

    async def edit_original(
        self, job: Job, card: Card, files: Sequence[Upload] | None = None
    ) -> Sent:
        """Edit the answer to the job's interaction, which works until its token expires.

        `files` replaces the attachments; None leaves them.
        """
        attachments = discord.utils.MISSING if files is None else sending.files_of(files)
        if self._clock() >= job.origin.token_expires_at:
            raise RouteClosed("the interaction's token has expired")
        text, view = await self._made(job, card)
        with explained():
            message = await self._webhook(job.origin).edit_message(
                ORIGINAL, content=text, view=view, attachments=attachments
            )
        return Sent(message.channel.id, message.id)

    async def refuse(self, origin: Origin, sentence: str) -> None:
        """Delete a public "thinking" and tell the member alone why nothing will be painted."""
        webhook = self._webhook(origin)
        try:
            with explained():
                # The first follow-up would replace the public answer instead of being private.
                with suppress(discord.NotFound):  # an earlier try deleted it
                    await webhook.delete_message(ORIGINAL)
                await webhook.send(sentence, ephemeral=True)
        except RouteClosed:  # the token expired while the bot was down
            await sending.send_privately(self._client, origin.member_id, sentence)

    async def send_once(
        self,
        job: Job,
        card: Card,
        files: Sequence[Upload],
        *,
        privately: bool,
        begin: Callable[[], Awaitable[object]],
        unclear_since: float | None,
    ) -> Sent:
        """Send the outcome to the job's channel, or its member, unless it has arrived.

        In the channel it replies to the card and mentions the member. See `sending.send_once`.
        """
        text, view = await self._made(job, card)
        reply_to = None
        if privately:
            with explained():
                member = discord.Object(job.origin.member_id)
                channel: discord.abc.Messageable = await self._client.create_dm(member)
        else:
            channel = self._client.get_partial_messageable(job.origin.channel_id)
            text = f"<@{job.origin.member_id}> {text}"
            reply_to = _card_of(job)
        return await sending.send_once(
            channel,
            Outgoing(text, view, job.delivery.nonce, files, (job.origin.member_id,), reply_to),
            begin=begin,
            unclear_since=unclear_since,
            arrived=partial(_is_outcome, job=job),
            asked=discord.Object(job.origin.interaction_id),
        )

    def can_edit_late(self, job: Job) -> bool:
        """Say whether the card can be edited without the token, as far as the bot knows."""
        if job.origin.private or _card_of(job) is None:
            return False
        guild = self._client.get_guild(job.origin.guild_id)
        channel = guild.get_channel_or_thread(job.origin.channel_id) if guild is not None else None
        if guild is None or channel is None:
            return job.origin.guild_id != OUTSIDE
        return channel.permissions_for(guild.me).view_channel

    async def edit_card(self, job: Job, card: Card, files: Sequence[Upload] | None = None) -> Sent:
        """Edit the job's card as a message of the bot, which needs no token.

        `files` replaces the attachments; None leaves them.
        """
        place = _card_of(job)
        if place is None or job.origin.private:
            raise RouteClosed("the job has no card that the bot can edit without the token")
        text, view = await self._made(job, card)
        # what is under way does not open a thread that was archived meanwhile; its outcome does
        await sending.edit_message(self._client, place, text, view, files, reopen=False)
        return place

    async def _made(self, job: Job, card: Card) -> tuple[str, discord.ui.View]:
        """Make the text and the components of a card as the job's server wants them."""
        with await self._voice(job.origin.guild_id, job.origin.language):
            return decorated(card.text), buttons.view(job.id, card.actions)

    async def card_has(self, job: Job, actions: Sequence[str]) -> Sent | None:
        """Find the job's card if it has these buttons and the bot has permission to read it."""
        try:
            message = await self._fetch_card(job)
        except RouteClosed:
            return None
        wanted = {buttons.custom_id(job.id, action) for action in actions}
        there = message is not None and wanted and wanted <= _custom_ids(message)
        return sending.place_of(message) if message is not None and there else None

    async def check_card(self, job: Job) -> None:
        """Raise MessageDeleted where somebody deleted the card, as far as the bot can see."""
        if job.origin.private:
            return  # to REST an ephemeral message looks as if it were deleted
        try:
            await self._fetch_card(job)
        except MessageDeleted:
            raise
        except RouteClosed:  # the bot has no permission to read the channel
            return

    async def notify(self, job: Job, sent: Sent) -> None:
        """Tell the member that the outcome is in the card; an edit notifies nobody."""
        member_id, origin = job.origin.member_id, job.origin
        names = {"member": f"<@{member_id}>", "painting": f"№ {job.id}"}
        with speaking(origin.language):
            if job.result is not None:
                text: str = _("{member}, your painting {painting} is finished.", **names)
            else:
                text = _("{member}, your painting {painting} has ended.", **names)
        if not origin.private:
            text += f" {link_to(origin.guild_id, sent)}"
        with explained():
            await self._webhook(origin).send(
                text,
                ephemeral=origin.private,
                allowed_mentions=sending.only([member_id]),
            )

    async def _fetch_card(self, job: Job) -> discord.Message | None:
        place = _card_of(job)
        if place is None:
            return None
        with explained():
            channel = self._client.get_partial_messageable(place.channel_id)
            return await channel.fetch_message(place.message_id)

    def _webhook(self, origin: Origin) -> discord.Webhook:
        application = self._client.application_id
        if application is None:
            raise NotNow("the client has not logged in")
        token = origin.interaction_token
        webhook = discord.Webhook.partial(application, token, client=self._client)
        webhook.type = discord.WebhookType.application  # else discord.py forbids ephemeral messages
        return webhook


def link_to(guild_id: int, sent: Sent) -> str:
    """Make the address of a message in a server; 0 stands for direct messages."""
    return f"https://discord.com/channels/{guild_id or '@me'}/{sent.channel_id}/{sent.message_id}"


def _card_of(job: Job) -> Sent | None:
    channel_id, message_id = job.delivery.card_channel_id, job.delivery.card_message_id
    return Sent(channel_id, message_id) if channel_id and message_id else None


def _custom_ids(message: discord.Message) -> set[str]:
    return {
        child.custom_id
        for row in message.components
        if isinstance(row, discord.ActionRow)
        for child in row.children
        if child.custom_id is not None
    }


def _is_outcome(message: discord.Message, job: Job) -> bool:
    """Recognise the message that tells the outcome of a job, by its nonce or its buttons.

    The job's card has such buttons too, but answers an interaction; the outcome does not when it
    is sent to a channel.
    """
    if message.interaction_metadata is not None or message.id == job.delivery.card_message_id:
        return False
    about = any(found.startswith(buttons.custom_id(job.id, "")) for found in _custom_ids(message))
    return about or job.delivery.nonce == str(message.nonce)
