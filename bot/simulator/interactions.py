"""The life of an interaction: created, answered in time, followed up until its token expires."""

import asyncio
import secrets
from collections.abc import Callable

from bot.simulator import components
from bot.simulator.bus import InteractionChanged, InteractionCreated, Outcome
from bot.simulator.discord_limits import DiscordLimits
from bot.simulator.drafts import Body
from bot.simulator.errors import (
    already_acknowledged,
    invalid_form,
    invalid_webhook_token,
    too_many_follow_ups,
    unknown,
)
from bot.simulator.installs import must_be_hidden
from bot.simulator.issued import issue
from bot.simulator.messages import Messages
from bot.simulator.model import (
    Channel,
    Interaction,
    InteractionState,
    InteractionType,
    Json,
    Message,
    MessageFlag,
    User,
)
from bot.simulator.payloads import response_type
from bot.simulator.world import World

MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
MOST_FOLLOW_UPS = 5  # of an application that only the user has installed, in a guild

_ALLOWED = {
    InteractionType.COMMAND: (MESSAGE, DEFERRED_MESSAGE, MODAL),
    InteractionType.COMPONENT: (MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, MODAL),
    InteractionType.AUTOCOMPLETE: (CHOICES,),
    InteractionType.MODAL_SUBMIT: (MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE),
}


class Interactions:
    """All interactions by id, with the checks of what the bot may still do."""

    def __init__(self, world: World, messages: Messages, limits: DiscordLimits) -> None:
        self._world = world
        self._messages = messages
        self._limits = limits
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._by_token: dict[str, Interaction] = {}
        self.by_id: dict[int, Interaction] = {}

    def create(
        self,
        type_: InteractionType,
        user: User,
        channel: Channel,
        data: Json,
        *,
        message: Message | None = None,
        parent: Interaction | None = None,
        command_name: str = "",
        owners: dict[str, str],
    ) -> Interaction:
        """Send the bot an interaction of `user` and start its time for an answer.

        `owners` are the installations that allow it.
        """
        world = self._world
        token = issue(secrets.token_urlsafe(48))
        interaction = Interaction(
            world.snowflake(), type_, token, user, channel, data, world.clock()
        )
        interaction.message, interaction.parent = message, parent
        interaction.command_name, interaction.owners = command_name, owners
        self.by_id[interaction.id] = self._by_token[token] = interaction
        loop = asyncio.get_running_loop()
        deadline = self._limits.response_deadline
        self._timers[interaction.id] = loop.call_later(deadline, self._fail, interaction)
        world.bus.publish(InteractionCreated(interaction))
        return interaction

    def close(self) -> None:
        """Stop waiting for answers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def answer(self, interaction_id: int, token: str, body: Body) -> Interaction:
        """The bot's first answer.

        Raises `ApiError` 10062 when id and token are unknown or the answer is late, 40060 when
        there was an answer already, and 50035 when this kind of answer is not possible.
        """
        interaction = self.by_id.get(interaction_id)
        if interaction is None or interaction.token != token:
            raise unknown(10062, "interaction")
        if interaction.state is InteractionState.ACKNOWLEDGED:
            raise already_acknowledged()
        age = self._world.clock() - interaction.created
        if interaction.state is InteractionState.FAILED or age > self._limits.response_deadline:
            raise unknown(10062, "interaction")
        kind = int(body.payload.get("type") or 0)
        fits = kind in _ALLOWED[interaction.type]
        if kind in (DEFERRED_UPDATE, UPDATE) and interaction.message is None:
            fits = False  # a modal that a command opened has no message to update
        if not fits:
            raise invalid_form("type", "BASE_TYPE_CHOICES", f"Value {kind} does not fit here.")
        data = Body(body.payload.get("data") or {}, body.files)
        self._act(interaction, kind, data)
        self._acknowledge(interaction)
        return interaction

    def _act(self, interaction: Interaction, kind: int, data: Body) -> None:
        actions: dict[int, Callable[[Interaction, Body], None]] = {
            MESSAGE: self._send,
            DEFERRED_MESSAGE: self._think,
            DEFERRED_UPDATE: self._leave,
            UPDATE: self._update,
            CHOICES: self._choose,
            MODAL: self._open_modal,
        }
        actions[kind](interaction, data)

    def _send(self, interaction: Interaction, data: Body) -> None:
        interaction.original = self._reply(interaction, data)
        self._tell("answered", interaction)

    def _think(self, interaction: Interaction, data: Body) -> None:
        interaction.original = self._messages.defer(
            interaction,
            response_type(interaction),
            ephemeral_to=self._only_reader(interaction, data),
        )
        self._tell("thinking", interaction)

    def _leave(self, interaction: Interaction, data: Body) -> None:
        interaction.original = interaction.message
        self._tell("updated", interaction)

    def _update(self, interaction: Interaction, data: Body) -> None:
        message = interaction.message
        if message is None or message.id not in self._world.messages:
            raise unknown(10008, "Message")
        interaction.original = self._messages.edit(message, data)
        self._tell("updated", interaction)

    def _choose(self, interaction: Interaction, data: Body) -> None:
        choices = data.payload.get("choices") or []
        if len(choices) > 25:
            raise invalid_form("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer.")
        interaction.choices = choices
        self._tell("choices", interaction)

    def _open_modal(self, interaction: Interaction, data: Body) -> None:
        if not data.payload.get("custom_id") or not data.payload.get("components"):
            raise invalid_form("data", "BASE_TYPE_REQUIRED", "This field is required")
        modal = components.completed(data.payload["components"])
        interaction.modal = {**data.payload, "components": modal}
        self._tell("modal", interaction)

    # with the interaction's token

    def webhook(self, application_id: int, token: str) -> Interaction:
        """The interaction that `token` belongs to; raises `ApiError` 10015 or 50027."""
        interaction = self._by_token.get(token)
        if interaction is None or application_id != self._world.application_id:
            raise unknown(10015, "Webhook")
        if self._world.clock() - interaction.created > self._limits.token_life:
            raise invalid_webhook_token()
        if interaction.state is not InteractionState.ACKNOWLEDGED:
            raise unknown(10015, "Webhook")
        return interaction

    def follow_up(self, interaction: Interaction, body: Body) -> Message:
        """Another message. The first one after a deferral fills the thinking message instead."""
        original = interaction.original
        there = original is not None and original.id in self._world.messages
        if original is not None and there and original.thinking:
            return self._messages.edit(original, body)
        interaction.follow_ups += 1
        alone = interaction.by_user_alone and interaction.channel.guild_id is not None
        if alone and interaction.follow_ups > MOST_FOLLOW_UPS:
            raise too_many_follow_ups()
        return self._reply(interaction, body)

    def message(self, interaction: Interaction, which: str) -> Message:
        """The message `which` ("@original" or an id) of `interaction`; raises `ApiError` 10008."""
        if which == "@original":
            message = interaction.original
        else:
            message = self._world.messages.get(int(which)) if which.isdecimal() else None
        mine = message is not None and (
            message.interaction is interaction or message is interaction.original
        )
        if message is None or not mine or message.id not in self._world.messages:
            raise unknown(10008, "Message")
        return message

    def _reply(self, interaction: Interaction, body: Body) -> Message:
        return self._messages.send(
            interaction.channel,
            self._world.bot,
            body,
            interaction=interaction,
            type_=response_type(interaction),
            ephemeral_to=self._only_reader(interaction, body),
        )

    def _only_reader(self, interaction: Interaction, body: Body) -> User | None:
        hidden = must_be_hidden(self._world, interaction) or _ephemeral(body)
        return interaction.user if hidden else None

    def _acknowledge(self, interaction: Interaction) -> None:
        interaction.state = InteractionState.ACKNOWLEDGED
        timer = self._timers.pop(interaction.id, None)
        if timer is not None:
            timer.cancel()

    def _fail(self, interaction: Interaction) -> None:
        self._timers.pop(interaction.id, None)
        interaction.state = InteractionState.FAILED
        self._tell("failed", interaction)

    def _tell(self, what: Outcome, interaction: Interaction) -> None:
        self._world.bus.publish(InteractionChanged(what, interaction))


def _ephemeral(body: Body) -> bool:
    return bool((body.payload.get("flags") or 0) & MessageFlag.EPHEMERAL)
