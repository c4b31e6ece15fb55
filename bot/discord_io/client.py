"""The discord.py client: intents, addresses, command sync, buttons that survive, errors."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path

import aiohttp
import discord
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.discord_io import answers
from bot.discord_io.components import Handler, RoutedComponent
from bot.storage.shard import WHOLE, Shard

log = logging.getLogger(__name__)

# Voice is not used here, so nobody need be told that its libraries are missing.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False

Linked = Callable[[bool], None]


class Tree(app_commands.CommandTree[discord.Client]):
    """The commands, with the one place where their errors end up."""

    async def on_error(
        self,
        interaction: discord.Interaction[discord.Client],
        error: app_commands.AppCommandError,
        /,
    ) -> None:
        """Tell the member and log what is no fault of theirs."""
        await answers.tell(interaction, error)


class MuralscapeClient(discord.Client):
    """Talks to the Discord whose REST API is at `api_base`.

    discord.py keeps that address in a class, so a process talks to one Discord at a time.
    `synced` is a file that remembers which commands Discord was last told of. `trace` is told of
    every request, `linked` when the gateway has greeted us and when it was lost. `shard` says which
    servers' events Discord is to send.
    """

    def __init__(
        self,
        api_base: str,
        synced: Path,
        trace: aiohttp.TraceConfig,
        linked: Linked,
        shard: Shard = WHOLE,
    ) -> None:
        super().__init__(
            shard_id=shard.id,
            shard_count=shard.count,
            http_trace=trace,
            intents=discord.Intents(guilds=True),  # nothing else is listened to
            allowed_mentions=discord.AllowedMentions.none(),
            # nothing is looked up in these caches, and they grow
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )
        self.tree = Tree(self)
        self.handlers: dict[str, Handler] = {}  # feature -> what its buttons and menus do
        self._linked = linked
        self._synced = synced
        Route.BASE = api_base  # of REST and of interaction webhooks alike
        self._ws_connect = self.http.ws_connect
        self.http.ws_connect = self._connect_to_gateway  # type: ignore[method-assign]

    async def _connect_to_gateway(
        self, url: str, *, compress: int = 0
    ) -> aiohttp.ClientWebSocketResponse:
        """Ask `/gateway/bot` for the address wherever discord.py would take its built-in one.

        It does for the first connection and after an invalid session. Only a session that is
        resumed has an address of its own, from READY.
        """
        address = URL(url)
        if address.host == DiscordWebSocket.DEFAULT_GATEWAY.host:
            _, gateway, _ = await self.http.get_bot_gateway()
            address = URL(gateway).with_query(address.query)
        return await self._ws_connect(str(address), compress=compress)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Stay connected to the gateway.

        When the very first connection fails, discord.py looks for the session to resume on a
        socket that it does not have yet.
        """
        while True:
            try:
                return await super().connect(reconnect=reconnect)
            except AttributeError:
                if self.ws:
                    raise
                log.warning("the gateway cannot be reached; trying again")

    async def setup_hook(self) -> None:
        """Make the buttons of earlier runs work, and tell Discord of the commands."""
        self.add_dynamic_items(RoutedComponent)
        await self._sync_commands()

    async def on_connect(self) -> None:
        """Note that the gateway has greeted us."""
        self._linked(True)

    async def on_resumed(self) -> None:
        """Note that the gateway took us back."""
        self._linked(True)

    async def on_disconnect(self) -> None:
        """Note that the gateway was lost; discord.py connects again by itself."""
        self._linked(False)

    async def on_error(self, event_method: str, /, *_args: object, **_kwargs: object) -> None:
        """Log what an event's handler raised."""
        log.exception("the handler of %s failed", event_method)

    async def _sync_commands(self) -> None:
        """Register the commands if they are not what Discord was last told.

        Discord allows 200 registrations a day, and members' clients load the list anew each time.
        """
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        line = f"{self.application_id} {digest}\n"
        known = await asyncio.to_thread(_read, self._synced)
        if known == line:
            # the list itself says whether somebody else has removed them
            registered = await self.tree.fetch_commands()
            if {command.name for command in registered} == {entry["name"] for entry in payload}:
                return
        await self.tree.sync()
        await asyncio.to_thread(self._synced.write_text, line)
        log.info("told Discord of %d commands", len(payload))


def _read(file: Path) -> str | None:
    try:
        return file.read_text()
    except FileNotFoundError:
        return None
