"""Answers to interactions: the callback, and the webhook of their token."""

from bot.simulator.model import Interaction, Json, MessageFlag
from bot.simulator.rest.calls import NO_CONTENT, Call, Reply


async def callback(call: Call) -> Reply:
    """POST /interactions/{interaction_id}/{interaction_token}/callback."""
    platform = call.platform
    number, token = call.id("interaction_id"), call.params["interaction_token"]
    interaction = platform.interactions.answer(number, token, call.body)
    if call.query.get("with_response", "").lower() not in ("1", "true"):
        return NO_CONTENT
    return Reply(200, _response(call, interaction))


async def follow_up(call: Call) -> Reply:
    """POST /webhooks/{webhook_id}/{webhook_token}; for an interaction `wait` is always true."""
    message = call.platform.interactions.follow_up(_interaction(call), call.body)
    return Reply(200, call.platform.payloads.message(message))


async def get(call: Call) -> Reply:
    """GET /webhooks/{webhook_id}/{webhook_token}/messages/{message_id} or @original."""
    message = call.platform.interactions.message(_interaction(call), _which(call))
    return Reply(200, call.platform.payloads.message(message))


async def edit(call: Call) -> Reply:
    """PATCH of the same."""
    message = call.platform.interactions.message(_interaction(call), _which(call))
    edited = call.platform.messages.edit(message, call.body)
    return Reply(200, call.platform.payloads.message(edited))


async def delete(call: Call) -> Reply:
    """DELETE of the same."""
    message = call.platform.interactions.message(_interaction(call), _which(call))
    call.platform.messages.delete(message)
    return NO_CONTENT


def _interaction(call: Call) -> Interaction:
    token = call.params["webhook_token"]
    return call.platform.interactions.webhook(call.id("webhook_id"), token)


def _which(call: Call) -> str:
    return call.params.get("message_id", "@original")


def _response(call: Call, interaction: Interaction) -> Json:
    """The body for `with_response`; without `resource` when no message was written."""
    body: Json = {"id": str(interaction.id), "type": interaction.type.value}
    body["channel_id"] = str(interaction.channel.id)
    if interaction.channel.guild_id is not None:
        body["guild_id"] = str(interaction.channel.guild_id)
    kind = int(call.payload["type"])
    message = interaction.original
    if message is None:
        return {"interaction": body}
    body["response_message_id"] = str(message.id)
    body["response_message_loading"] = message.thinking
    body["response_message_ephemeral"] = bool(message.flags & MessageFlag.EPHEMERAL)
    if kind not in (4, 7):
        return {"interaction": body}
    resource = {"type": kind, "message": call.platform.payloads.message(message)}
    return {"interaction": body, "resource": resource}
