"""The value in which a feature hands the app everything that it adds to the bot.

`_member_features` of `bot/app/composition.py` lists the features.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from discord import app_commands

from bot.discord_io.client import Check, Listener, MuralscapeClient
from bot.discord_io.components import Handler
from bot.people import GuildDataSource, PersonalDataSource
from bot.pictures.retention import PictureUser

Command = app_commands.Group | app_commands.Command[Any, ..., Any] | app_commands.ContextMenu
Task = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Feature:
    """Commands, button handlers, pages and the rest; `bot/app/` puts the features together."""

    name: str = ""  # what `bot.guilds.model.Switch` calls it, where a server may switch it off
    commands: Sequence[Command] = ()
    buttons: Mapping[str, Handler] = field(default_factory=dict)  # by first part of a custom id
    pages: Sequence[web.RouteDef] = ()
    tasks: Sequence[Task] = ()  # run until the bot stops
    pictures_in_use: Sequence[PictureUser] = ()
    personal_data: Mapping[str, PersonalDataSource] = field(default_factory=dict)
    close: Callable[[], Awaitable[None]] | None = None  # at a stop, first: takes no new work
    finish: Callable[[float], Awaitable[None]] | None = None  # at a stop, last: within seconds
    events: Mapping[str, Listener] = field(default_factory=dict)  # of discord.py, without "on_"
    guild_data: Sequence[GuildDataSource] = ()
    checks: Sequence[Check] = ()  # of every command and component, before its handler


def add_to_client(feature: Feature, client: MuralscapeClient) -> None:
    """Add a feature's commands, button handlers, checks and event listeners to a client."""
    for command in feature.commands:
        client.tree.add_command(command)
    client.handlers.update(feature.buttons)
    for name in (*(command.name for command in feature.commands), *feature.buttons):
        client.features[name] = feature.name
    client.checks.extend(feature.checks)
    for event, listener in feature.events.items():
        client.listeners[event].append(listener)
