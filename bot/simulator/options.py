"""A command's options as typed by a member, converted to the types the bot registered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.simulator.cdn import Cdn, Upload
from bot.simulator.errors import Invalid
from bot.simulator.localizations import named
from bot.simulator.model import Channel, Guild, Json, User
from bot.simulator.objects import channel_object, member_object, role_object, user_object
from bot.simulator.payloads import Payloads
from bot.simulator.world import World

SUB_COMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER = 1, 2, 3, 4, 5, 6
CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = 7, 8, 9, 10, 11

_YES = ("true", "1", "yes", "on")
_NO = ("false", "0", "no", "off")


@dataclass(frozen=True)
class Typed:
    """The fields of one command: text and files by the option's name."""

    texts: Mapping[str, str]
    files: Mapping[str, Upload] = field(default_factory=dict)


def chosen(options: list[Json], path: list[str], locale: str) -> tuple[list[Json], list[Json]]:
    """The options of the sub-command at `path`, and the groups and sub-commands on the way to it.

    Raises `Invalid` when the path leads nowhere or stops before a sub-command.
    """
    chain = []
    for name in path:
        step = named((o for o in options if o["type"] in (SUB_COMMAND, GROUP)), name, locale)
        if step is None:
            raise Invalid(f"There is no sub-command {name!r}.")
        chain.append(step)
        options = step.get("options") or []
    if any(option["type"] in (SUB_COMMAND, GROUP) for option in options):
        names = ", ".join(option["name"] for option in options)
        raise Invalid(f"Choose a sub-command: {names}.")
    return options, chain


def nested(values: list[Json], chain: list[Json]) -> list[Json]:
    """`values` wrapped in the groups and sub-commands they belong to."""
    for step in reversed(chain):
        values = [{"name": step["name"], "type": step["type"], "options": values}]
    return values


class Converter:
    """Turns typed fields into an interaction's `options` and `resolved`."""

    def __init__(self, world: World, cdn: Cdn, payloads: Payloads) -> None:
        self._world = world
        self._cdn = cdn
        self._payloads = payloads

    def convert(
        self, options: list[Json], typed: Typed, channel: Channel
    ) -> tuple[list[Json], Json]:
        """The option values in registered order and the objects they refer to; raises `Invalid`."""
        known = {option["name"] for option in options}
        for name in (*typed.texts, *typed.files):
            if name not in known:
                raise Invalid(f"This command has no option {name!r}.")
        values: list[Json] = []
        resolved: Json = {}
        for option in options:
            name, kind = option["name"], option["type"]
            text, file = typed.texts.get(name, ""), typed.files.get(name)
            value: object
            if kind == ATTACHMENT:
                if text:
                    raise Invalid(f"The option {name!r} takes a file.")
                value = self.attach(file, channel, resolved) if file is not None else None
            elif file is not None:
                raise Invalid(f"The option {name!r} takes no file.")
            else:
                value = self._value(option, text, channel, resolved) if text else None
            if value is not None:
                values.append({"name": name, "type": kind, "value": value})
            elif option.get("required"):
                raise Invalid(f"The option {name!r} is required.")
        return values, resolved

    def partial(self, options: list[Json], texts: Mapping[str, str], focused: str) -> list[Json]:
        """The values during typing; Discord neither checks nor resolves them."""
        values = []
        for option in options:
            name = option["name"]
            if name == focused:
                values.append({**_raw(option, texts.get(name, "")), "focused": True})
            elif texts.get(name):
                values.append(_raw(option, texts[name]))
        if not any(value.get("focused") for value in values):
            raise Invalid(f"This command has no option {focused!r}.")
        return values

    def refer(self, kind: int, values: Sequence[str], channel: Channel) -> tuple[list[str], Json]:
        """Ids and resolved objects for the values of a select of users, roles or channels."""
        resolved: Json = {}
        option = {"name": "menu", "type": kind}
        ids = [str(self._value(option, value, channel, resolved)) for value in values]
        return ids, resolved

    def _value(self, option: Json, text: str, channel: Channel, resolved: Json) -> object:
        kind = option["type"]
        if kind in (STRING, INTEGER, NUMBER):
            return _plain(option, text)
        if kind == BOOLEAN:
            if text.lower() not in _YES + _NO:
                raise Invalid(f"The option {option['name']!r} is yes or no, not {text!r}.")
            return text.lower() in _YES
        guild = self._world.guild_of(channel)
        if kind == CHANNEL:
            return self._mention_channel(text, guild, resolved)
        if kind == ROLE:
            return self._mention_role(text, guild, resolved)
        if kind == MENTIONABLE and guild is not None:
            names = {str(role.id) for role in guild.roles.values()}
            if text in names | {role.name for role in guild.roles.values()}:
                return self._mention_role(text, guild, resolved)
        return self.mention_user(self._world.find_user(text), guild, resolved)

    def mention_user(self, user: User, guild: Guild | None, resolved: Json) -> str:
        """Add `user` and their membership to the resolved objects; returns their id."""
        key = str(user.id)
        resolved.setdefault("users", {})[key] = user_object(user)
        member = guild.members.get(user.id) if guild is not None else None
        if guild is not None and member is not None:
            rights = str(int(self._world.permissions(user, None, guild)))
            partial = {**member_object(member, with_user=False), "permissions": rights}
            resolved.setdefault("members", {})[key] = partial
        return key

    def _mention_channel(self, text: str, guild: Guild | None, resolved: Json) -> str:
        channels = guild.channels.values() if guild is not None else ()
        for channel in channels:
            if text in (str(channel.id), channel.name):
                rights = str(int(self._world.permissions(self._world.bot, channel)))
                entry = {**channel_object(channel), "permissions": rights}
                resolved.setdefault("channels", {})[str(channel.id)] = entry
                return str(channel.id)
        raise Invalid(f"There is no channel {text!r}.")

    def _mention_role(self, text: str, guild: Guild | None, resolved: Json) -> str:
        for role in guild.roles.values() if guild is not None else ():
            if text in (str(role.id), role.name):
                resolved.setdefault("roles", {})[str(role.id)] = role_object(role)
                return str(role.id)
        raise Invalid(f"There is no role {text!r}.")

    def attach(self, file: Upload, channel: Channel, resolved: Json) -> str:
        """Keep `file` and add it to the resolved objects; returns its id."""
        # The file is on no message: Discord serves it as an ephemeral attachment.
        attachment = self._cdn.keep(file, channel.id, ephemeral=True)
        entry = self._payloads.attachment(attachment)
        resolved.setdefault("attachments", {})[str(attachment.id)] = entry
        return str(attachment.id)


def _raw(option: Json, text: str) -> Json:
    value: object = text
    if option["type"] == BOOLEAN:
        value = text.lower() in _YES
    return {"name": option["name"], "type": option["type"], "value": value}


def _plain(option: Json, text: str) -> str | int | float:
    """Text or a number, checked against the option's choices, range and length."""
    name, kind = option["name"], option["type"]
    for choice in option.get("choices") or []:
        if text in (str(choice["value"]), choice["name"]):
            picked: str | int | float = choice["value"]
            return picked
    if option.get("choices"):
        names = ", ".join(choice["name"] for choice in option["choices"])
        raise Invalid(f"The option {name!r} is one of: {names}.")
    if kind == STRING:
        if not option.get("min_length", 0) <= len(text) <= option.get("max_length", 6000):
            raise Invalid(f"The text of {name!r} is too short or too long.")
        return text
    try:
        number = int(text) if kind == INTEGER else float(text)
    except ValueError:
        whole = "a whole number" if kind == INTEGER else "a number"
        raise Invalid(f"The option {name!r} is {whole}, not {text!r}.") from None
    low, high = option.get("min_value"), option.get("max_value")
    if (low is not None and number < low) or (high is not None and number > high):
        raise Invalid(f"The option {name!r} is from {low} to {high}, not {text}.")
    return number
