"""Messages: sent, edited and deleted, by members and by the bot."""

from collections.abc import Sequence
from copy import copy

from bot.simulator.bus import MessageChanged
from bot.simulator.cdn import Cdn, Upload
from bot.simulator.discord_limits import DiscordLimits
from bot.simulator.drafts import (
    Body,
    Mentions,
    bad_reference,
    check_files,
    checked_components,
    checked_content,
    checked_embeds,
    kept_ids,
    pinged,
    uploads,
)
from bot.simulator.errors import (
    archived_thread,
    empty_message,
    old_message_edits,
    too_large,
)
from bot.simulator.model import (
    Attachment,
    Channel,
    Interaction,
    Json,
    Message,
    MessageFlag,
    MessageType,
    Sticker,
    User,
)
from bot.simulator.world import World

# The flags that a sender may set; Discord ignores the others.
SETTABLE = (
    MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.COMPONENTS_V2
)


class Messages:
    """Writes messages into the world and publishes the changes."""

    def __init__(self, world: World, cdn: Cdn, limits: DiscordLimits) -> None:
        self._world = world
        self._cdn = cdn
        self._limits = limits
        self._nonces: dict[tuple[int, int, str], Message] = {}

    def send(
        self,
        channel: Channel,
        author: User,
        body: Body,
        *,
        interaction: Interaction | None = None,
        type_: MessageType = MessageType.DEFAULT,
        ephemeral_to: User | None = None,
    ) -> Message:
        """Post `body`; raises `ApiError` when Discord would refuse it.

        With `enforce_nonce` a nonce that its author used in this channel shortly before gives back
        the message it made then, and nothing is posted.
        """
        payload = body.payload
        nonce = payload.get("nonce")
        known = self._known_nonce(channel, author, nonce) if payload.get("enforce_nonce") else None
        if known is not None:
            return known
        message = Message(self._world.snowflake(), channel, author, self._world.clock())
        message.type, message.interaction, message.nonce = type_, interaction, nonce
        if ephemeral_to is not None:
            message.ephemeral_to = ephemeral_to.id
            message.flags = MessageFlag.EPHEMERAL
        self._refer(message, payload)
        self._write(message, body, message.attachments)
        message.notified = message.mentions
        if nonce is not None:
            self._nonces[channel.id, author.id, str(nonce)] = message
        self._post(message)
        return message

    def defer(
        self, interaction: Interaction, type_: MessageType, *, ephemeral_to: User | None
    ) -> Message:
        """Post the empty message that shows the bot as thinking."""
        world = self._world
        message = Message(world.snowflake(), interaction.channel, world.bot, world.clock())
        message.type, message.interaction = type_, interaction
        message.flags = int(MessageFlag.LOADING)
        if ephemeral_to is not None:
            message.ephemeral_to = ephemeral_to.id
            message.flags |= MessageFlag.EPHEMERAL
        self._post(message)
        return message

    def edit(self, message: Message, body: Body) -> Message:
        """Change the fields that `body` names; raises `ApiError`."""
        if message.ephemeral_to is None and (message.channel.archived or message.channel.locked):
            raise archived_thread()
        self._limit_late_edits(message)
        was_thinking = message.thinking
        kept = kept_ids(body)
        files = [a for a in message.attachments if kept is None or a.id in kept]
        self._write(message, body, files)
        message.flags &= ~MessageFlag.LOADING
        message.reuploads += bool(body.files)
        if not was_thinking:
            message.edited = self._world.clock()
        self._world.bus.publish(MessageChanged("update", message))
        return message

    def delete(self, message: Message) -> None:
        """Delete `message`; its files are no longer served."""
        del self._world.messages[message.id]
        for attachment in message.attachments:
            self._cdn.files.pop(attachment.id, None)
        self._world.bus.publish(MessageChanged("delete", message))

    def post(
        self,
        channel: Channel,
        author: User,
        text: str,
        files: list[Upload],
        embeds: Sequence[Json] = (),
        stickers: Sequence[Sticker] = (),
    ) -> Message:
        """Post a member's message, with its files, stickers, and the embeds of its links."""
        message = Message(self._world.snowflake(), channel, author, self._world.clock())
        message.stickers = list(stickers)
        self._write(message, Body({"content": text}, dict(enumerate(files))), [])
        message.embeds = list(embeds)  # Discord makes those of links, with their proxies
        self._post(message)
        return message

    def forward(self, original: Message, channel: Channel, author: User) -> Message:
        """Post a snapshot of a message; it has no text of its own."""
        message = Message(self._world.snowflake(), channel, author, self._world.clock())
        message.forwarded = copy(original)
        message.flags = int(MessageFlag.HAS_SNAPSHOT)
        self._post(message)
        return message

    def _write(self, message: Message, body: Body, files: list[Attachment]) -> None:
        """Check all of `body` before `message` is changed."""
        payload = body.payload
        # The components-v2 flag can be set by an edit but never taken back.
        flags = message.flags | ((payload.get("flags") or 0) & SETTABLE)
        content = checked_content(payload) if "content" in payload else message.content
        embeds = checked_embeds(payload) if "embeds" in payload else message.embeds
        components = message.components
        if "components" in payload or flags & MessageFlag.COMPONENTS_V2:
            components = checked_components({"components": components, **payload}, flags)
        sent = uploads(body)
        if any(len(new.content) > self._upload_limit(message) for new in sent):
            raise too_large()
        names = {kept.filename for kept in files} | {new.filename for new in sent}
        check_files(names, embeds, components)
        if not (content or embeds or components or files or sent or message.stickers):
            raise empty_message()
        hidden = message.ephemeral_to is not None
        place = message.channel.id
        message.attachments = files + [self._cdn.keep(f, place, ephemeral=hidden) for f in sent]
        message.flags, message.content = flags, content
        message.embeds, message.components = embeds, components
        self._mention(message, payload)

    def _upload_limit(self, message: Message) -> int:
        """The limit of each file; answers to a member with Nitro may be as large as theirs."""
        guild = self._world.guild_of(message.channel)
        boosted = guild.upload_limit if guild is not None else None
        asked = message.interaction.user.upload_limit if message.interaction else None
        return max(self._limits.accepted_upload, boosted or 0, asked or 0)

    def _mention(self, message: Message, payload: Json) -> None:
        replied = message.reference.author if message.reference is not None else None
        mentions: Mentions = pinged(
            self._world.users, message.content, payload.get("allowed_mentions"), replied
        )
        message.mentions, message.mention_roles = mentions.users, mentions.roles
        message.mention_everyone = mentions.everyone

    def _refer(self, message: Message, payload: Json) -> None:
        reference = payload.get("message_reference")
        if not reference:
            return
        target = self._world.messages.get(int(reference["message_id"]))
        if target is not None and target.channel is message.channel:
            message.reference, message.type = target, MessageType.REPLY
        elif reference.get("fail_if_not_exists", True):
            raise bad_reference()

    def _known_nonce(self, channel: Channel, author: User, nonce: object) -> Message | None:
        message = self._nonces.get((channel.id, author.id, str(nonce)))
        if message is None:
            return None
        fresh = self._world.clock() - message.created < self._limits.nonce_window
        return message if fresh else None

    def _limit_late_edits(self, message: Message) -> None:
        now, limits = self._world.clock(), self._limits
        # Interaction answers too: the age is the message's, not the token's.
        if now - message.created < limits.old_message_age:
            return
        recent = [at for at in message.late_edits if now - at < limits.old_message_window]
        if len(recent) >= limits.old_message_edits:
            raise old_message_edits(limits.old_message_window - (now - recent[0]))
        message.late_edits = [*recent, now]

    def _post(self, message: Message) -> None:
        self._world.messages[message.id] = message
        message.channel.last_message_id = message.id
        self._world.bus.publish(MessageChanged("create", message))
