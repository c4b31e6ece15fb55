"""Messages in channels and direct conversations, sent by the bot itself."""

from bot.simulator.drafts import Body
from bot.simulator.errors import (
    ApiError,
    archived_thread,
    closed_dms,
    missing_permissions,
    no_history_to_reply_to,
    no_mutual_guild,
    not_a_text_channel,
    unknown,
)
from bot.simulator.model import Channel, ChannelType, Json, Message
from bot.simulator.permissions import Permission, to_send
from bot.simulator.rest.calls import NO_CONTENT, Call, Reply, need, visible_channel
from bot.simulator.upheaval import is_reachable


async def create(call: Call) -> Reply:
    """POST /channels/{channel_id}/messages."""
    platform, place = call.platform, visible_channel(call)
    if not place.type.takes_messages:
        raise not_a_text_channel()
    need(platform, place, to_send(place))
    if call.body.files:
        need(platform, place, Permission.ATTACH_FILES)
    if call.payload.get("message_reference") and not _reads_history(call, place):
        raise no_history_to_reply_to()
    if place.locked:
        raise archived_thread()
    if place.type is ChannelType.DM and not all(
        is_reachable(platform.world, user) for user in place.recipients
    ):
        raise no_mutual_guild()
    if place.type is ChannelType.DM and not all(user.dms_open for user in place.recipients):
        raise closed_dms()
    message = platform.messages.send(place, platform.world.bot, _allowed(call, call.body))
    platform.world.reopen(place)
    return Reply(200, platform.payloads.message(message))


async def listed(call: Call) -> Reply:
    """GET /channels/{channel_id}/messages, newest first."""
    platform, place = call.platform, visible_channel(call)
    if not _reads_history(call, place):
        return Reply(200, [])
    found = platform.world.visible_messages(platform.world.bot, place)
    limit = int(call.query.get("limit", 50))
    before, after = call.query.get("before"), call.query.get("after")
    if before is not None:
        found = [m for m in found if m.id < int(before)]
    if after is not None:
        # The page that follows directly after, still newest first.
        found = [m for m in found if m.id > int(after)][:limit]
    newest = found[-limit:][::-1]
    return Reply(200, [_read(call, message) for message in newest])


async def one(call: Call) -> Reply:
    """GET /channels/{channel_id}/messages/{message_id}."""
    return Reply(200, _read(call, _message(call)))


async def edit(call: Call) -> Reply:
    """PATCH /channels/{channel_id}/messages/{message_id}."""
    message = _message(call)
    if message.author is not call.platform.world.bot:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    edited = call.platform.messages.edit(message, _allowed(call, call.body))
    return Reply(200, call.platform.payloads.message(edited))


async def delete(call: Call) -> Reply:
    """DELETE /channels/{channel_id}/messages/{message_id}."""
    message = _message(call)
    if message.author is not call.platform.world.bot:
        if message.channel.type is ChannelType.DM:
            raise missing_permissions()
        need(call.platform, message.channel, Permission.MANAGE_MESSAGES)
    call.platform.messages.delete(message)
    return NO_CONTENT


def _reads_history(call: Call, place: Channel) -> bool:
    world = call.platform.world
    return bool(world.permissions(world.bot, place) & Permission.READ_MESSAGE_HISTORY)


def _read(call: Call, message: Message) -> Json:
    """A message as the bot may read it: without the content intent some fields are empty."""
    world, shown = call.platform.world, call.platform.payloads.message(message)
    if world.reads_content or world.is_open(message):
        return shown
    shown |= {"content": "", "embeds": [], "attachments": [], "components": []}
    for snapshot in shown.get("message_snapshots", ()):
        snapshot["message"] |= {"content": "", "embeds": [], "attachments": [], "components": []}
    return shown


def _message(call: Call) -> Message:
    place = visible_channel(call)
    message = call.platform.world.messages.get(call.id("message_id"))
    # An ephemeral message is visible only through its interaction's token.
    if message is None or message.channel is not place or message.ephemeral_to is not None:
        raise unknown(10008, "Message")
    return message


def _allowed(call: Call, body: Body) -> Body:
    """Without the right to embed links Discord drops the embeds and posts the rest."""
    world = call.platform.world
    place = world.channel(call.id("channel_id"))
    if world.permissions(world.bot, place) & Permission.EMBED_LINKS:
        return body
    return Body({k: v for k, v in body.payload.items() if k != "embeds"}, body.files)
