"""The bot's registered application commands."""

import re
from collections.abc import Iterator

from bot.simulator.bus import CommandsChanged
from bot.simulator.errors import Invalid, invalid_form, unknown
from bot.simulator.installs import owners_of
from bot.simulator.integrations import Integrations
from bot.simulator.localizations import has_doubles, locales_of, name_in, without_dictionaries
from bot.simulator.model import Channel, Command, CommandType, Json, User
from bot.simulator.world import World

_SLASH_NAME = re.compile(r"^[-_'\w]{1,32}$")
_MOST = {CommandType.CHAT_INPUT: 100, CommandType.USER: 15, CommandType.MESSAGE: 15}

_NESTED = (1, 2)  # sub-command and sub-command group


class Commands:
    """Global commands and each guild's own; a name is unique within its place and type."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_id: dict[int, Command] = {}
        self.integrations = Integrations(world.bus, world.application_id)

    def listed(self, guild_id: int | None, *, localized: bool = False) -> list[Json]:
        """The commands registered for `guild_id`, or the global ones, as REST answers them."""
        found = [self.object(c) for c in self._by_id.values() if c.guild_id == guild_id]
        return found if localized else [without_dictionaries(one) for one in found]

    def usable(self, user: User, channel: Channel) -> Iterator[Command]:
        """The commands that a user sees in a channel."""
        for command in self._by_id.values():
            here = command.guild_id in (None, channel.guild_id)
            if here and owners_of(self._world, user, channel, command):
                yield command

    def permissions_object(self, guild_id: int, command_id: int) -> Json:
        """What a guild's Integrations page says of a command, or of the application."""
        return self.integrations.object(guild_id, command_id)

    def object(self, command: Command) -> Json:
        """A command as REST answers it."""
        place = {} if command.guild_id is None else {"guild_id": str(command.guild_id)}
        owner = {"id": str(command.id), "application_id": str(self._world.application_id)}
        return {**owner, **place, **command.definition}

    def get(self, command_id: int, guild_id: int | None) -> Command:
        """The command with this id in this place; raises `ApiError` 10063."""
        command = self._by_id.get(command_id)
        if command is None or command.guild_id != guild_id:
            raise unknown(10063, "application command")
        return command

    def registered(self) -> list[Command]:
        """All commands, without regard to permissions."""
        return list(self._by_id.values())

    def named(self, name: str) -> Command:
        """The command registered by this name."""
        return next(command for command in self.registered() if command.name == name)

    def put(self, guild_id: int | None, definition: Json) -> tuple[Command, bool]:
        """Create the command, or replace the one of that name; returns whether it is new."""
        command, new = self._upsert(guild_id, definition)
        self._world.bus.publish(CommandsChanged())
        return command, new

    def replace_all(self, guild_id: int | None, definitions: list[Json]) -> list[Json]:
        """Bulk overwrite: removes commands that are not in `definitions`; others keep their ids."""
        for definition in definitions:
            _check(definition)
        for kind in CommandType:
            if has_doubles([d for d in definitions if (d.get("type") or 1) == kind]):
                message = "Application command names must be unique"
                raise invalid_form("_", "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
        for kind, most in _MOST.items():
            if sum((d.get("type") or 1) == kind for d in definitions) > most:
                message = f"Maximum number of application commands reached ({most})."
                raise invalid_form("_", "APPLICATION_COMMAND_LIMIT", message)
        kept = [self._upsert(guild_id, definition)[0].id for definition in definitions]
        for command in list(self._by_id.values()):
            if command.guild_id == guild_id and command.id not in kept:
                del self._by_id[command.id]
        self._world.bus.publish(CommandsChanged())
        return [self.object(self._by_id[command_id]) for command_id in kept]

    def change(self, command: Command, changes: Json) -> Command:
        """Replace some fields of `command`."""
        return self.put(command.guild_id, {**command.definition, **changes})[0]

    def delete(self, command: Command) -> None:
        """Remove `command`."""
        del self._by_id[command.id]
        self._world.bus.publish(CommandsChanged())

    def find(self, text: str, user: User, channel: Channel) -> Command:
        """The command that a user sees under this name; raises `Invalid` when there is none."""
        for command in self.usable(user, channel):
            if text in (command.name, name_in(user.locale, command.definition)):
                return command
        raise Invalid(f"The bot has no command called {text!r} here.")

    def _upsert(self, guild_id: int | None, definition: Json) -> tuple[Command, bool]:
        _check(definition)
        completed = _completed(definition)
        key = (guild_id, completed["type"], completed["name"])
        for command in self._by_id.values():
            if (command.guild_id, command.type, command.name) == key:
                if {**command.definition, "version": None} != {**completed, "version": None}:
                    command.definition = {**completed, "version": str(self._world.snowflake())}
                return command, False
        number = self._world.snowflake()
        command = Command(number, guild_id, {**completed, "version": str(self._world.snowflake())})
        self._by_id[number] = command
        return command, True


def _completed(definition: Json) -> Json:
    """`definition` with the fields that Discord fills in."""
    permissions = definition.get("default_member_permissions")
    done: Json = {
        "type": definition.get("type") or 1,
        "name": definition["name"],
        "name_localizations": definition.get("name_localizations"),
        "description": definition.get("description") or "",
        "description_localizations": definition.get("description_localizations"),
        "default_member_permissions": None if permissions is None else str(permissions),
        "dm_permission": definition.get("dm_permission") is not False,
        "contexts": definition.get("contexts"),
        "integration_types": definition.get("integration_types") or [0],
        "nsfw": bool(definition.get("nsfw")),
    }
    if done["contexts"] is None and not done["dm_permission"]:
        done["contexts"] = [0]
    options = [_completed_option(option) for option in definition.get("options") or []]
    return {**done, "options": options} if options else done


def _completed_option(option: Json) -> Json:
    done = {key: value for key, value in option.items() if value not in (None, [], {})}
    if option["type"] in _NESTED:
        done["options"] = [_completed_option(inner) for inner in option.get("options") or []]
    else:
        done.pop("options", None)
    if not done.get("required"):
        done.pop("required", None)
    if not done.get("autocomplete"):
        done.pop("autocomplete", None)
    return done


def _check(definition: Json) -> None:
    """Raise `ApiError` 50035 for a definition that Discord refuses."""
    name = str(definition.get("name") or "")
    slash = (definition.get("type") or 1) == CommandType.CHAT_INPUT
    _check_localizations("", definition, 32, slash=slash)
    if slash:
        _check_slash_name("name", name)
        _check_description("description", definition)
        _check_options("options", definition.get("options") or [])
    elif not 1 <= len(name) <= 32:
        raise invalid_form("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 32 in length.")
    elif definition.get("options") or definition.get("description"):
        message = "Context menu commands cannot have a description or options"
        raise invalid_form("description", "APPLICATION_COMMAND_CONTEXT_MENU", message)


def _check_slash_name(field: str, name: str) -> None:
    if not _SLASH_NAME.match(name) or name != name.lower():
        message = "Command name is invalid"
        raise invalid_form(field, "APPLICATION_COMMAND_INVALID_NAME", message)


def _check_description(field: str, definition: Json) -> None:
    if not 1 <= len(definition.get("description") or "") <= 100:
        raise invalid_form(field, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")


def _check_localizations(at: str, entry: Json, longest_name: int, *, slash: bool) -> None:
    for field, locale, text in locales_of(entry):
        path = f"{at}{field}.{locale}"
        most = longest_name if field.startswith("name") else 100
        if slash and field.startswith("name"):
            _check_slash_name(path, text)
        elif not 1 <= len(text) <= most:
            message = f"Must be between 1 and {most} in length."
            raise invalid_form(path, "BASE_TYPE_BAD_LENGTH", message)


def _check_options(field: str, options: list[Json]) -> None:
    if len(options) > 25:
        raise invalid_form(field, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    if has_doubles(options):
        message = "Option names must be unique"
        raise invalid_form(field, "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", message)
    optional_seen = False
    for number, option in enumerate(options):
        at = f"{field}.{number}"
        _check_slash_name(f"{at}.name", str(option.get("name") or ""))
        _check_description(f"{at}.description", option)
        _check_localizations(f"{at}.", option, 32, slash=True)
        if option["type"] in _NESTED:
            _check_options(f"{at}.options", option.get("options") or [])
            continue
        if option.get("required") and optional_seen:
            message = "Required options must be placed before non-required options"
            raise invalid_form(at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_seen = optional_seen or not option.get("required")
        choices = option.get("choices") or []
        if len(choices) > 25:
            raise invalid_form(f"{at}.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer.")
        for number_, choice in enumerate(choices):
            _check_localizations(f"{at}.choices.{number_}.", choice, 100, slash=False)
        if choices and option.get("autocomplete"):
            message = "Options cannot have both choices and autocomplete"
            raise invalid_form(
                at, "APPLICATION_COMMAND_OPTIONS_CHOICES_MUTUALLY_EXCLUSIVE", message
            )
