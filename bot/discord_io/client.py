"""The discord.py client: intents, addresses, command sync, routed components, errors."""

import asyncio
import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, cast

import aiohttp
import discord
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.discord_io import answers
from bot.discord_io.command_translator import CommandNames
from bot.discord_io.components import Handler, Interaction, RoutedComponent
from bot.languages.speech import speak
from bot.storage.shard import WHOLE, Shard

log = logging.getLogger(__name__)

# Voice is not used, so discord.py need not warn that its libraries are missing.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False

Linked = Callable[[bool], None]
Listener = Callable[..., Coroutine[Any, Any, None]]
# Takes an interaction and the name of a feature. Raises Refused where the member may not use it.
Check = Callable[[Interaction, str], Coroutine[Any, Any, None]]

IN_SERVERS = app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False)
BY_SERVERS = app_commands.AppInstallationType(guild=True, user=False)
ANYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
ANYBODY = app_commands.AppInstallationType(guild=True, user=True)


class Tree(app_commands.CommandTree[discord.Client]):
    """The command tree, with the error handler and the checks of all commands."""

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Refuse a command that a check does not let through; offer nothing while it is typed."""
        client = cast(MuralscapeClient, self.client)
        client.take_up(interaction)
        data = cast(dict[str, Any], interaction.data or {})
        try:
            await client.admit(interaction, str(data.get("name")))
        except Exception as error:  # noqa: BLE001 - the handler of all errors
            if interaction.type is not discord.InteractionType.autocomplete:
                await answers.tell(interaction, error)
            elif not interaction.response.is_done():
                await interaction.response.autocomplete([])
            return False
        return True

    async def on_error(
        self,
        interaction: Interaction,
        error: app_commands.AppCommandError,
        /,
    ) -> None:
        """Tell the member about an error; log it unless it is the member's."""
        await answers.tell(interaction, error)


class MuralscapeClient(discord.Client):
    """Talks to Discord's REST API at `api_base`, and to the gateway that it names.

    `cdn_base` is where avatars, emojis and stickers lie. discord.py keeps both addresses in
    classes, so a process talks to one Discord at a time.
    `synced` is a file with a hash of the commands that were registered last. `trace` records every
    request; `linked` is called when the gateway is connected and when it is lost. Discord sends the
    events of the servers of `shard`.
    """

    def __init__(
        self,
        api_base: str,
        cdn_base: str,
        synced: Path,
        trace: aiohttp.TraceConfig,
        linked: Linked,
        shard: Shard = WHOLE,
    ) -> None:
        super().__init__(
            shard_id=shard.id,
            shard_count=shard.count,
            http_trace=trace,
            # nothing else is listened to; the second is for the names of stickers and emojis
            intents=discord.Intents(guilds=True, emojis_and_stickers=True),
            allowed_mentions=discord.AllowedMentions.none(),
            # these caches are not used, and would grow
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )
        # A command is for servers that the bot was added to, unless it says otherwise.
        self.tree = Tree(self, allowed_contexts=IN_SERVERS, allowed_installs=BY_SERVERS)
        self.handlers: dict[str, Handler] = {}  # first part of a custom id -> handler
        self.features: dict[str, str] = {}  # command, or first part -> feature's name
        self.checks: list[Check] = []
        self.listeners: defaultdict[str, list[Listener]] = defaultdict(list)  # by event
        self._handling: set[asyncio.Task[Any]] = set()  # interactions and events
        self.command_ids: dict[str, int] = {}
        self._linked = linked
        self._synced = synced
        Route.BASE = api_base  # of REST and of interaction webhooks alike
        discord.Asset.BASE = cdn_base
        self._ws_connect = self.http.ws_connect
        self.http.ws_connect = self._connect_to_gateway  # type: ignore[method-assign]

    async def _connect_to_gateway(
        self, url: str, *, compress: int = 0
    ) -> aiohttp.ClientWebSocketResponse:
        """Ask `/gateway/bot` for the address where discord.py would use its built-in one.

        That is at the first connection and after an invalid session. A resumed session uses the
        address from READY.
        """
        address = URL(url)
        if address.host == DiscordWebSocket.DEFAULT_GATEWAY.host:
            _, gateway, _ = await self.http.get_bot_gateway()
            address = URL(gateway).with_query(address.query)
        return await self._ws_connect(str(address), compress=compress)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Stay connected to the gateway.

        When the first connection fails, discord.py raises AttributeError, because it looks for a
        session to resume on a socket that does not exist yet.
        """
        while True:
            try:
                return await super().connect(reconnect=reconnect)
            except AttributeError:
                if self.ws:
                    raise
                log.warning("the gateway cannot be reached; trying again")

    def take_up(self, interaction: Interaction) -> None:
        """Speak the member's language for the rest of this task, and let `close` cancel it."""
        speak(interaction.locale.value)
        self._handle(cast("asyncio.Task[Any]", asyncio.current_task()))

    def _handle(self, task: asyncio.Task[Any]) -> None:
        self._handling.add(task)
        task.add_done_callback(self._handling.discard)

    async def admit(self, interaction: Interaction, name: str) -> None:
        """Ask the checks whether a member may use a command or component. Raises Refused."""
        for check in self.checks:
            await check(interaction, self.features.get(name, ""))

    async def tell(self, interaction: Interaction, error: Exception) -> None:
        """Tell the member about an error; log it unless it is the member's."""
        await answers.tell(interaction, error)

    async def setup_hook(self) -> None:
        """Route the components of all messages, and register the commands."""
        self.add_dynamic_items(RoutedComponent)
        await self.tree.set_translator(names := CommandNames())
        await self._sync_commands(names)

    async def on_connect(self) -> None:
        """Report that the gateway is connected."""
        self._linked(True)

    async def on_resumed(self) -> None:
        """Report that the session was resumed."""
        self._linked(True)

    async def on_disconnect(self) -> None:
        """Report that the gateway was lost; discord.py reconnects by itself."""
        self._linked(False)

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - theirs
        """Call the features' listeners too, as discord.py's own `Bot` calls those of its cogs."""
        super().dispatch(event, *args, **kwargs)
        for listener in () if self.is_closed() else self.listeners.get(event, ()):
            self._handle(asyncio.create_task(self._hear(listener, event, *args)))

    async def _hear(self, listener: Listener, event: str, *args: object) -> None:
        try:
            await listener(*args)
        except Exception:
            log.exception("a listener of %s failed", event)

    async def close(self) -> None:
        """Disconnect, and stop handling interactions and events, before the database is closed."""
        await super().close()
        handling = tuple(self._handling)
        for task in handling:
            task.cancel()
        await asyncio.gather(*handling, return_exceptions=True)

    async def on_error(self, event_method: str, /, *_args: object, **_kwargs: object) -> None:
        """Log the error of an event handler."""
        log.exception("the handler of %s failed", event_method)

    async def _sync_commands(self, names: CommandNames) -> None:
        """Register the commands if they have changed since the last registration.

        Discord allows 200 registrations a day, and members' clients reload the list each time.
        """
        payload = [
            await command.get_translated_payload(self.tree, names)
            for command in self.tree.get_commands()
        ]
        digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        line = f"{self.application_id} {digest}\n"
        known = await asyncio.to_thread(_read, self._synced)
        if known == line:
            # another program with the same token may have removed them
            registered = await self.tree.fetch_commands()
            self.command_ids = {command.name: command.id for command in registered}
            if {command.name for command in registered} == {entry["name"] for entry in payload}:
                return
        self.command_ids = {command.name: command.id for command in await self.tree.sync()}
        await asyncio.to_thread(self._synced.write_text, line)
        log.info("registered %d commands with Discord", len(payload))


def _read(file: Path) -> str | None:
    try:
        return file.read_text()
    except FileNotFoundError:
        return None
