"""Commands as members enter them, and the interactions that they become."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.simulator.cdn import Upload
from bot.simulator.commands import Commands
from bot.simulator.errors import Invalid
from bot.simulator.installs import owners_of
from bot.simulator.interactions import Interactions
from bot.simulator.localizations import chosen_values, named, untranslated
from bot.simulator.model import (
    Channel,
    Command,
    CommandType,
    Interaction,
    InteractionType,
    Json,
    User,
)
from bot.simulator.options import Converter, Typed, chosen, nested
from bot.simulator.payloads import Payloads
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


class Invocations:
    """Sends the bot what members enter. Raises `Invalid` with a sentence where Discord would."""

    def __init__(
        self,
        world: World,
        commands: Commands,
        interactions: Interactions,
        payloads: Payloads,
        converter: Converter,
    ) -> None:
        self._world = world
        self._commands = commands
        self._interactions = interactions
        self._payloads = payloads
        self._converter = converter

    def invoke(self, entry: Invocation, user: User) -> Interaction:
        """Run a slash command, or a menu command on a message or a user."""
        channel = self._world.find_channel(entry.channel, user)
        command, path = self._command(entry, user, channel)
        self._check_right(command, user, channel)
        data = _described(command)
        if command.guild_id is not None:
            data["guild_id"] = str(command.guild_id)
        if command.type is CommandType.CHAT_INPUT:
            options, chain = chosen(command.definition.get("options") or [], path, user.locale)
            typed = Typed(
                chosen_values(options, entry.texts, user.locale),
                untranslated(options, entry.files, user.locale),
            )
            values, resolved = self._converter.convert(options, typed, channel)
            data |= {"options": nested(values, chain), "resolved": resolved}
            path = [step["name"] for step in chain]
        else:
            data |= self._target(command, entry.target, user, channel)
        return self._create(
            InteractionType.COMMAND, user, channel, command, data, " ".join([command.name, *path])
        )

    def autocomplete(self, entry: Invocation, user: User, focused: str) -> Interaction:
        """Ask the bot for choices while the option `focused` is being typed."""
        channel = self._world.find_channel(entry.channel, user)
        command, path = self._command(entry, user, channel)
        options, chain = chosen(command.definition.get("options") or [], path, user.locale)
        option = named(options, focused, user.locale)
        if option is not None and not option.get("autocomplete"):
            raise Invalid(f"The option {focused!r} offers no choices while typing.")
        texts = chosen_values(options, entry.texts, user.locale)
        values = self._converter.partial(options, texts, option["name"] if option else focused)
        data = {**_described(command), "options": nested(values, chain)}
        return self._create(
            InteractionType.AUTOCOMPLETE, user, channel, command, data, command.name
        )

    def _create(
        self,
        type_: InteractionType,
        user: User,
        channel: Channel,
        command: Command,
        data: Json,
        name: str,
    ) -> Interaction:
        owners = owners_of(self._world, user, channel, command)
        return self._interactions.create(
            type_, user, channel, data, command_name=name, owners=owners
        )

    def _command(
        self, entry: Invocation, user: User, channel: Channel
    ) -> tuple[Command, list[str]]:
        """The command and the path to its sub-command, which may stand in one text with it."""
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
        """The message or user that a menu command is used on."""
        if not target:
            raise Invalid(f"{command.name} needs something to be used on.")
        if command.type is CommandType.USER:
            resolved: Json = {}
            chosen_user = self._world.find_user(target)
            guild = self._world.guild_of(channel)
            key = self._converter.mention_user(chosen_user, guild, resolved)
            return {"target_id": key, "resolved": resolved}
        message = self._world.find_message(int(target) if target.isdecimal() else 0, user)
        shown = self._payloads.message(message)
        return {"target_id": str(message.id), "resolved": {"messages": {str(message.id): shown}}}


def _described(command: Command) -> Json:
    return {"id": str(command.id), "name": command.name, "type": command.type.value}
