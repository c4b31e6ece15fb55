"""What members do in their clients: commands, buttons, menus, modals, messages."""

import asyncio
from collections.abc import Mapping, Sequence

from bot.simulator import components
from bot.simulator.bus import Bus, InteractionChanged
from bot.simulator.cdn import Upload
from bot.simulator.commands import Commands
from bot.simulator.errors import Invalid
from bot.simulator.installs import owners_of_message
from bot.simulator.interactions import Interactions
from bot.simulator.invocations import Invocation, Invocations
from bot.simulator.localizations import LOCALES
from bot.simulator.messages import Messages
from bot.simulator.modals import submitted
from bot.simulator.model import (
    Channel,
    Interaction,
    InteractionState,
    InteractionType,
    Json,
    Message,
    Sticker,
    User,
)
from bot.simulator.options import CHANNEL, MENTIONABLE, ROLE, USER, Converter
from bot.simulator.payloads import Payloads
from bot.simulator.permissions import Permission, to_send
from bot.simulator.world import World


class People:
    """The members' actions. Each raises `Invalid` with a sentence when it is not possible."""

    def __init__(
        self,
        world: World,
        commands: Commands,
        messages: Messages,
        interactions: Interactions,
        payloads: Payloads,
        converter: Converter,
    ) -> None:
        self._world = world
        self._messages = messages
        self._interactions = interactions
        self._payloads = payloads
        self._converter = converter
        self._invocations = Invocations(world, commands, interactions, payloads, converter)

    def user(self, name: str) -> User:
        """The user called `name`; without a name the first member, preferably no moderator."""
        if name:
            return self._world.find_user(name)
        members = [
            (guild, member.user)
            for guild in self._world.guilds.values()
            for member in guild.members.values()
            if not member.user.bot
        ]
        if not members:
            raise Invalid("There is no guild with a member.")
        for guild, user in members:
            if not self._world.permissions(user, None, guild) & Permission.MANAGE_MESSAGES:
                return user
        return members[0][1]

    def invoke(self, entry: Invocation) -> Interaction:
        """Run a slash command, or a menu command on a message or a user."""
        return self._invocations.invoke(entry, self.user(entry.user))

    async def autocomplete(self, entry: Invocation, focused: str) -> list[Json]:
        """The choices the bot offers while `focused` is being typed; none when it says nothing."""
        interaction = self._invocations.autocomplete(entry, self.user(entry.user), focused)
        await settled(self._world.bus, interaction)
        return interaction.choices or []

    def press(
        self, message_id: int, custom_id: str, user: str = "", values: Sequence[str] = ()
    ) -> Interaction:
        """Press a button, or choose `values` in a select."""
        actor = self.user(user)
        message = self._world.find_message(message_id, actor)
        component = components.find(message.components, custom_id)
        if component is None:
            raise Invalid(f"This message has nothing called {custom_id!r}.")
        if component.get("disabled"):
            raise Invalid("This button is switched off.")
        self._world.reopen(message.channel)  # a client does so first
        kind = component["type"]
        data: Json = {"custom_id": custom_id, "component_type": kind, "id": component["id"]}
        if kind in components.SELECTS:
            data |= self._selected(component, values, message.channel)
        return self._interactions.create(
            InteractionType.COMPONENT,
            actor,
            message.channel,
            data,
            message=message,
            owners=owners_of_message(self._world, message.channel, message),
        )

    def submit(
        self,
        which: str,
        user: str = "",
        fields: Mapping[str, str | Sequence[str]] | None = None,
        files: Sequence[tuple[str, Upload]] = (),
    ) -> Interaction:
        """Send the modal that is open: `which` is its interaction's id or the modal's custom id.

        `files` are for its upload fields, each with the field's custom id.
        """
        actor = self.user(user)
        opener, modal = self._open_modal(which, actor)
        filled: dict[str, str | Sequence[str]] = {**(fields or {})}
        resolved: Json = {}  # the files and users that the fields refer to
        for name, file in files:
            attachment_id = self._converter.attach(file, opener.channel, resolved)
            filled[name] = [*filled.get(name, ()), attachment_id]
        for component in components.walk(modal["components"]):
            name = component.get("custom_id", "")
            given = filled.get(name)
            if component["type"] == components.USER_SELECT and given:
                names = [given] if isinstance(given, str) else given
                filled[name], users = self._converter.refer(USER, names, opener.channel)
                resolved.update(users)
        data = submitted(modal, filled)
        if resolved:
            data["resolved"] = resolved
        opener.modal = None
        return self._interactions.create(
            InteractionType.MODAL_SUBMIT,
            actor,
            opener.channel,
            data,
            message=opener.message,
            parent=opener,
            owners=opener.owners,
        )

    def post(
        self,
        user: str,
        text: str = "",
        files: Sequence[Upload] = (),
        channel: str = "",
        *,
        embeds: Sequence[Json] = (),
        stickers: Sequence[Sticker] = (),
    ) -> Message:
        """Write a message. `embeds` are those that Discord makes of the links in it."""
        author = self.user(user)
        place = self._world.find_channel(channel, author)
        if not self._world.permissions(author, place) & to_send(place):
            raise Invalid(f"{author.username} may not write in {place.name}.")
        self._world.reopen(place)
        return self._messages.post(place, author, text, list(files), embeds, stickers)

    def sticker(self, which: str, channel: str, user: str = "") -> Sticker:
        """A sticker of the channel's guild, by its id or name."""
        guild = self._world.guild_of(self._world.find_channel(channel, self.user(user)))
        for found in guild.stickers.values() if guild is not None else ():
            if which in (str(found.id), found.name):
                return found
        raise Invalid(f"There is no sticker {which!r} here.")

    def forward(self, message_id: int, user: str = "", channel: str = "") -> Message:
        """Forward a message that the member sees to a channel."""
        actor = self.user(user)
        original = self._world.find_message(message_id, actor)
        return self._messages.forward(original, self._world.find_channel(channel, actor), actor)

    def messages(self, user: str, channel: str = "") -> list[Json]:
        """The messages this member sees, oldest first, in `channel` or everywhere."""
        reader = self.user(user)
        place = self._world.find_channel(channel, reader) if channel else None
        found = self._world.visible_messages(reader, place)
        return [self._payloads.message(message) for message in found]

    def set_locale(self, user: str, locale: str) -> None:
        """Choose the language of a member's client."""
        if locale not in LOCALES:
            raise Invalid(f"Discord has no language {locale!r}.")
        self.user(user).locale = locale

    def reload(self, user: str = "") -> None:
        """Start this member's client anew: Discord keeps no ephemeral messages."""
        reader = self.user(user)
        for message in self._world.visible_messages(reader):
            message.dropped = message.ephemeral_to is not None

    def delete(self, message_id: int, user: str = "") -> None:
        """Delete one's own message, or any with the right to manage messages."""
        actor = self.user(user)
        message = self._world.find_message(message_id, actor)
        rights = self._world.permissions(actor, message.channel)
        if message.author is not actor and not rights & Permission.MANAGE_MESSAGES:
            raise Invalid(f"{actor.username} may not delete this message.")
        self._messages.delete(message)

    def _open_modal(self, which: str, actor: User) -> tuple[Interaction, Json]:
        for opener in reversed(self._interactions.by_id.values()):
            modal = opener.modal
            if modal is None or opener.user is not actor:
                continue
            if which in (str(opener.id), modal["custom_id"]):
                return opener, modal
        raise Invalid(f"{actor.username} has no open modal {which!r}.")

    def _selected(self, component: Json, values: Sequence[str], channel: Channel) -> Json:
        """The values chosen in a select, with the users, roles or channels that they are."""
        low, high = component["min_values"], component["max_values"]
        if not low <= len(values) <= high:
            raise Invalid(f"Choose from {low} to {high}.")
        if component["type"] == components.STRING_SELECT:
            offered = {option["value"] for option in component["options"]}
            if not set(values) <= offered:
                raise Invalid(f"The menu offers {', '.join(sorted(offered))}.")
            return {"values": list(values)}
        kind = {
            components.USER_SELECT: USER,
            components.ROLE_SELECT: ROLE,
            components.MENTIONABLE_SELECT: MENTIONABLE,
            components.CHANNEL_SELECT: CHANNEL,
        }[component["type"]]
        found, resolved = self._converter.refer(kind, values, channel)
        return {"values": found, "resolved": resolved}


async def settled(bus: Bus, interaction: Interaction) -> None:
    """Wait until the bot has answered `interaction` for the first time, or has failed to."""
    done = asyncio.Event()

    def listen(event: object) -> None:
        if isinstance(event, InteractionChanged) and event.interaction is interaction:
            done.set()

    unsubscribe = bus.subscribe(listen)
    try:
        if interaction.state is InteractionState.WAITING:
            await done.wait()
    finally:
        unsubscribe()
