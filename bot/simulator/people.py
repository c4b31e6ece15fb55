"""What members do in their clients: commands, buttons, menus, modals, messages."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.simulator import components
from bot.simulator.bus import Bus, InteractionChanged
from bot.simulator.cdn import Upload
from bot.simulator.commands import Commands
from bot.simulator.errors import Invalid
from bot.simulator.installs import owners_of, owners_of_message
from bot.simulator.interactions import Interactions
from bot.simulator.localizations import LOCALES, chosen_values, named, untranslated
from bot.simulator.messages import Messages
from bot.simulator.modals import submitted
from bot.simulator.model import (
    Channel,
    Command,
    CommandType,
    Interaction,
    InteractionType,
    Json,
    Message,
    Sticker,
    User,
)
from bot.simulator.options import Converter, Typed, chosen, nested
from bot.simulator.payloads import Payloads
from bot.simulator.permissions import Permission, to_send
from bot.simulator.world import World


@dataclass(frozen=True)
class Invocation:
    """A command as a member enters it; empty fields take the first possible value."""

    command: str
    subcommand: str = ""
    user: str = ""
    channel: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)
    target: str = ""  # of a menu command: the message's or user's id


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
        self._commands = commands
        self._messages = messages
        self._interactions = interactions
        self._payloads = payloads
        self._converter = converter

    def user(self, name: str) -> User:
        """The user called `name`; an empty name is the first member, a plain one if possible."""
        if name:
            return self._world.find_user(name)
        guilds = self._world.guilds.values()
        members = [(g, m.user) for g in guilds for m in g.members.values() if not m.user.bot]
        if not members:
            raise Invalid("There is no guild with a member.")
        powers = Permission.MANAGE_MESSAGES
        plain = [u for g, u in members if not self._world.permissions(u, None, g) & powers]
        return plain[0] if plain else members[0][1]

    def invoke(self, entry: Invocation) -> Interaction:
        """Run a slash command, or a menu command on a message or a user."""
        user = self.user(entry.user)
        channel = self._world.find_channel(entry.channel, user)
        command, path = self._command(entry, user, channel)
        self._check_right(command, user, channel)
        base: Json = {
            "id": str(command.id),
            "name": command.name,
            "type": command.type.value,
        }
        if command.guild_id is not None:
            base["guild_id"] = str(command.guild_id)
        if command.type is CommandType.CHAT_INPUT:
            options, chain = chosen(command.definition.get("options") or [], path, user.locale)
            typed = Typed(
                chosen_values(options, entry.texts, user.locale),
                untranslated(options, entry.files, user.locale),
            )
            values, resolved = self._converter.convert(options, typed, channel)
            data = {**base, "options": nested(values, chain), "resolved": resolved}
            path = [step["name"] for step in chain]
        else:
            data = {**base, **self._target(command, entry.target, user, channel)}
        name = " ".join([command.name, *path])
        return self._interactions.create(
            InteractionType.COMMAND,
            user,
            channel,
            data,
            command_name=name,
            owners=owners_of(self._world, user, channel, command),
        )

    async def autocomplete(self, entry: Invocation, focused: str) -> list[Json]:
        """The choices the bot offers while `focused` is being typed; none when it says nothing."""
        user = self.user(entry.user)
        channel = self._world.find_channel(entry.channel, user)
        command, path = self._command(entry, user, channel)
        options, chain = chosen(command.definition.get("options") or [], path, user.locale)
        option = named(options, focused, user.locale)
        if option is not None and not option.get("autocomplete"):
            raise Invalid(f"The option {focused!r} offers no choices while typing.")
        texts = chosen_values(options, entry.texts, user.locale)
        values = self._converter.partial(options, texts, option["name"] if option else focused)
        data: Json = {
            "id": str(command.id),
            "name": command.name,
            "type": command.type.value,
            "options": nested(values, chain),
        }
        interaction = self._interactions.create(
            InteractionType.AUTOCOMPLETE,
            user,
            channel,
            data,
            command_name=command.name,
            owners=owners_of(self._world, user, channel, command),
        )
        await settled(self._world.bus, interaction)
        return interaction.choices or []

    def press(
        self, message_id: int, custom_id: str, user: str = "", values: Sequence[str] = ()
    ) -> Interaction:
        """Press a button, or choose `values` in a select."""
        actor = self.user(user)
        message = self.message(message_id, actor)
        component = components.find(message.components, custom_id)
        if component is None:
            raise Invalid(f"This message has nothing called {custom_id!r}.")
        if component.get("disabled"):
            raise Invalid("This button is switched off.")
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
        resolved: Json = {}
        filled: dict[str, str | Sequence[str]] = {**(fields or {})}
        for name, file in files:
            kept = self._converter.attach(file, opener.channel, resolved)
            filled[name] = [*filled.get(name, ()), kept]
        for menu in components.walk(modal["components"]):
            given = filled.get(menu.get("custom_id", ""))
            if menu["type"] == components.USER_SELECT and given:
                values = [given] if isinstance(given, str) else given
                ids, users = self._converter.refer(6, values, opener.channel)
                filled[menu["custom_id"]] = ids
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
        original = self.message(message_id, actor)
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

    def message(self, message_id: int, user: User) -> Message:
        """A message that `user` can see."""
        message = self._world.messages.get(message_id)
        if message is None or message not in self._world.visible_messages(user, message.channel):
            raise Invalid(f"{user.username} sees no message {message_id}.")
        return message

    def delete(self, message_id: int, user: str = "") -> None:
        """Delete one's own message, or any with the right to manage messages."""
        actor = self.user(user)
        message = self.message(message_id, actor)
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

    def _command(
        self, entry: Invocation, user: User, channel: Channel
    ) -> tuple[Command, list[str]]:
        """The command and its sub-command path; "/queue show" may come in one piece."""
        text = entry.command.removeprefix("/").strip()
        path = entry.subcommand.split()
        try:
            return self._commands.find(text, user, channel), path
        except Invalid:
            first, *rest = text.split() or [""]
            if not rest:
                raise
            return self._commands.find(first, user, channel), [*rest, *path]

    def _check_right(self, command: Command, user: User, channel: Channel) -> None:
        guild = self._world.guild_of(channel)
        if not channel.type.takes_messages:
            raise Invalid(f"{channel.name} takes no messages and no commands; open a post in it.")
        if guild is None:
            return
        integrations = self._commands.integrations
        if not integrations.allow(command, guild, channel, guild.members[user.id]):
            raise Invalid(f"{user.username} may not use {command.name} in {channel.name}.")

    def _target(self, command: Command, target: str, user: User, channel: Channel) -> Json:
        if not target:
            raise Invalid(f"{command.name} needs something to be used on.")
        if command.type is CommandType.USER:
            resolved: Json = {}
            chosen_user = self._world.find_user(target)
            guild = self._world.guild_of(channel)
            key = self._converter.mention_user(chosen_user, guild, resolved)
            return {"target_id": key, "resolved": resolved}
        message = self.message(int(target) if target.isdecimal() else 0, user)
        entry = self._payloads.message(message)
        return {"target_id": str(message.id), "resolved": {"messages": {str(message.id): entry}}}

    def _selected(self, component: Json, values: Sequence[str], channel: Channel) -> Json:
        low, high = component["min_values"], component["max_values"]
        if not low <= len(values) <= high:
            raise Invalid(f"Choose from {low} to {high}.")
        if component["type"] == components.STRING_SELECT:
            offered = {option["value"] for option in component["options"]}
            if not set(values) <= offered:
                raise Invalid(f"The menu offers {', '.join(sorted(offered))}.")
            return {"values": list(values)}
        kinds = {
            components.USER_SELECT: 6,
            components.ROLE_SELECT: 8,
            components.MENTIONABLE_SELECT: 9,
            components.CHANNEL_SELECT: 7,
        }
        found, resolved = self._converter.refer(kinds[component["type"]], values, channel)
        return {"values": found, "resolved": resolved}


async def settled(bus: Bus, interaction: Interaction) -> None:
    """Wait until the bot has answered `interaction` for the first time, or has failed to."""
    done = asyncio.Event()

    def listen(event: object) -> None:
        if isinstance(event, InteractionChanged) and event.interaction is interaction:
            done.set()

    unsubscribe = bus.subscribe(listen)
    try:
        if interaction.state == "waiting":
            await done.wait()
    finally:
        unsubscribe()
