"""Pointing discord.py at a simulator.

discord.py has no setting for the API's address. It builds every REST address, those of interaction
webhooks too, from the class attribute `discord.http.Route.BASE`, and connects a plain `Client` to
`DiscordWebSocket.DEFAULT_GATEWAY` without asking `/gateway/bot` first; it goes back to that
attribute after an invalid session, while a resume uses the `resume_gateway_url` of READY. Setting
both attributes is therefore enough, for the whole process.
"""

import asyncio
from asyncio import FIRST_COMPLETED
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.simulator import DiscordLimits, Simulator

StartSimulator = Callable[..., Awaitable[Simulator]]


def patient(limits: DiscordLimits | None = None) -> DiscordLimits:
    """Give a bot more than Discord's 3 s for its first answers, unless a test is about those.

    A busy machine may stop this process for longer.
    """
    limits = limits or DiscordLimits()
    if limits.response_deadline == DiscordLimits.response_deadline:
        limits.response_deadline = 60.0
    return limits


@contextmanager
def pointed_at(simulator: Simulator) -> Iterator[None]:
    """Send all of discord.py's traffic to `simulator`, and put it back afterwards."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE = simulator.api_base
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(simulator.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


class QuickClient(discord.Client):
    """discord.py's own client without its waits at log-in (2 s for guilds, 5 s to identify)."""

    def __init__(self, intents: discord.Intents | None = None) -> None:
        super().__init__(
            intents=intents or discord.Intents.default(),
            guild_ready_timeout=0.05,
        )
        self.tree = discord.app_commands.CommandTree(self)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify at once: the simulator has no limit on that."""


@asynccontextmanager
async def running(client: discord.Client, simulator: Simulator) -> AsyncIterator[None]:
    """Run `client` against `simulator`, ready on entry and closed on exit."""
    with pointed_at(simulator):
        await client.login(simulator.world.token)
        connection = asyncio.create_task(client.connect())
        ready = asyncio.create_task(client.wait_until_ready())
        try:
            await asyncio.wait({connection, ready}, timeout=120, return_when=FIRST_COMPLETED)
            if connection.done():
                await connection  # raises what ended it
            assert ready.done(), "the client did not become ready"
            yield
        finally:
            ready.cancel()
            await client.close()
            await connection
