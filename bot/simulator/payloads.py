"""Discord's JSON objects for messages, attachments and interactions."""

from bot.simulator.cdn import Cdn
from bot.simulator.clock import timestamp
from bot.simulator.discord_limits import DiscordLimits
from bot.simulator.media import with_media
from bot.simulator.model import (
    Attachment,
    Interaction,
    InteractionType,
    Json,
    Message,
    MessageFlag,
    MessageType,
    Sticker,
)
from bot.simulator.objects import channel_object, member_object, user_object
from bot.simulator.world import World

_SNAPSHOT = (  # the fields that a forward carries; sometimes `mention_roles` too
    "type",
    "content",
    "mentions",
    "attachments",
    "embeds",
    "timestamp",
    "edited_timestamp",
    "flags",
    "components",
    "sticker_items",
)


class Payloads:
    """The objects that depend on the world, the limits or the CDN."""

    def __init__(self, world: World, cdn: Cdn, limits: DiscordLimits) -> None:
        self._world = world
        self._cdn = cdn
        self._limits = limits

    def attachment(self, attachment: Attachment) -> Json:
        """An attachment with a freshly signed address."""
        base: Json = {
            "id": str(attachment.id),
            "filename": attachment.filename,
            "size": attachment.size,
            "url": self._cdn.url(attachment),
            "proxy_url": self._cdn.url(attachment, proxy=True),
        }
        if attachment.pixels is not None:
            base["width"], base["height"] = attachment.pixels
        if attachment.content_type is not None:
            base["content_type"] = attachment.content_type
        if attachment.description is not None:
            base["description"] = attachment.description
        if attachment.ephemeral:
            base["ephemeral"] = True
        return base

    def message(self, message: Message) -> Json:
        """A message as REST answers it."""
        files = {a.filename: self.attachment(a) for a in message.attachments}
        hidden = message.flags & MessageFlag.SUPPRESS_EMBEDS
        base: Json = {
            "id": str(message.id),
            "type": message.type.value,
            "channel_id": str(message.channel.id),
            "author": user_object(message.author),
            "content": message.content,
            "timestamp": timestamp(message.created),
            "edited_timestamp": None if message.edited is None else timestamp(message.edited),
            "flags": message.flags,
            "tts": False,
            "pinned": False,
            "mention_everyone": message.mention_everyone,
            "mentions": [user_object(user) for user in message.mentions],
            "mention_roles": [str(role) for role in message.mention_roles],
            "attachments": list(files.values()),
            "embeds": [] if hidden else with_media(message.embeds, files),
            "components": with_media(message.components, files),
        }
        if message.nonce is not None:
            base["nonce"] = message.nonce
        if message.stickers:
            base["sticker_items"] = [_sticker_item(sticker) for sticker in message.stickers]
        if message.forwarded is not None:
            return {**base, **self._forward(message.forwarded)}
        return {**base, **self._reference(message), **self._origin(message)}

    def _forward(self, original: Message) -> Json:
        """The reference of a forward, and the snapshot, which has no author and no id."""
        kept = self.message(original)
        snapshot = {name: kept[name] for name in _SNAPSHOT if name in kept}
        reference: Json = {
            "type": 1,
            "channel_id": str(original.channel.id),
            "message_id": str(original.id),
        }
        if original.channel.guild_id is not None:
            reference["guild_id"] = str(original.channel.guild_id)
        return {"message_reference": reference, "message_snapshots": [{"message": snapshot}]}

    def _reference(self, message: Message) -> Json:
        target = message.reference
        if target is None:
            return {}
        reference: Json = {
            "type": 0,
            "channel_id": str(target.channel.id),
            "message_id": str(target.id),
        }
        if target.channel.guild_id is not None:
            reference["guild_id"] = str(target.channel.guild_id)
        kept = self._world.messages.get(target.id)
        # One level only: the object of a referenced message has no reference of its own.
        answer = None if kept is None else self.message(kept)
        if answer is not None:
            answer.pop("referenced_message", None)
        return {"message_reference": reference, "referenced_message": answer}

    def _origin(self, message: Message) -> Json:
        """The fields of a message that answers an interaction."""
        interaction = message.interaction
        if interaction is None:
            return {}
        application = str(self._world.application_id)
        base: Json = {
            "application_id": application,
            "webhook_id": application,
            "interaction_metadata": self.metadata(interaction),
        }
        if interaction.type is InteractionType.COMMAND:
            base["interaction"] = {
                "id": str(interaction.id),
                "type": interaction.type.value,
                "name": interaction.command_name,
                "user": user_object(interaction.user),
            }
        return base

    def metadata(self, interaction: Interaction) -> Json:
        """The interaction's metadata on a message that answers it."""
        base: Json = {
            "id": str(interaction.id),
            "type": interaction.type.value,
            "user": user_object(interaction.user),
            "authorizing_integration_owners": interaction.owners,
        }
        data = interaction.data
        if interaction.type is InteractionType.COMPONENT and interaction.message is not None:
            base["interacted_message_id"] = str(interaction.message.id)
        elif interaction.type is InteractionType.MODAL_SUBMIT and interaction.parent is not None:
            base["triggering_interaction_metadata"] = self.metadata(interaction.parent)
        elif data.get("type") == 2:
            base["target_user"] = data["resolved"]["users"][data["target_id"]]
        elif data.get("type") == 3:
            base["target_message_id"] = data["target_id"]
        return base

    def interaction(self, interaction: Interaction) -> Json:
        """The object of an INTERACTION_CREATE."""
        channel, user, world = interaction.channel, interaction.user, self._world
        guild = world.guild_of(channel)
        rights = str(int(world.permissions(user, channel)))
        base: Json = {
            "id": str(interaction.id),
            "application_id": str(world.application_id),
            "type": interaction.type.value,
            "data": interaction.data,
            "token": interaction.token,
            "version": 1,
            "channel_id": str(channel.id),
            "channel": channel_object(channel),
            "app_permissions": str(self._of_application(interaction)),
            "locale": user.locale,
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": interaction.owners,
            "attachment_size_limit": self._upload_limit(interaction),
            "context": channel.type.context,
        }
        if interaction.message is not None:
            base["message"] = self.message(interaction.message)
        if guild is None:
            return {**base, "user": user_object(user)}
        member = {**member_object(guild.members[user.id]), "permissions": rights}
        partial = {"id": str(guild.id), "locale": guild.locale, "features": []}
        base["channel"]["permissions"] = rights
        return {
            **base,
            "member": member,
            "guild_id": str(guild.id),
            "guild": partial,
            "guild_locale": guild.locale,
        }

    def _upload_limit(self, interaction: Interaction) -> int:
        """The limit of a file, for which a guild's boosts and a member's Nitro count."""
        guild = self._world.guild_of(interaction.channel)
        boosted = guild.upload_limit if guild is not None else None
        bought = interaction.user.upload_limit
        return max(self._limits.advertised_upload, boosted or 0, bought or 0)

    def _of_application(self, interaction: Interaction) -> int:
        """The application's permissions: the user's own where only the user has installed it."""
        world, channel = self._world, interaction.channel
        holder = interaction.user if interaction.by_user_alone else world.bot
        return int(world.permissions(holder, channel))


def _sticker_item(sticker: Sticker) -> Json:
    return {"id": str(sticker.id), "name": sticker.name, "format_type": sticker.format}


def response_type(interaction: Interaction) -> MessageType:
    """The type of the bot's answer to `interaction`."""
    if interaction.type is not InteractionType.COMMAND:
        return MessageType.DEFAULT
    slash = interaction.data.get("type") == 1
    return MessageType.CHAT_INPUT_COMMAND if slash else MessageType.CONTEXT_MENU_COMMAND
