"""Builds the feature of murals."""

from collections.abc import Awaitable, Callable
from functools import partial

import discord
from discord import app_commands

from bot.feature import Feature
from bot.guilds.model import Switch
from bot.guilds.service import GuildService
from bot.jobs.admission import Admission
from bot.jobs.service import JobService
from bot.mural.assembler import Assembler
from bot.mural.button_handlers import MuralButtonHandlers
from bot.mural.buttons import FEATURE
from bot.mural.command import MuralCommands, add_commands
from bot.mural.data import MuralData
from bot.mural.messenger import MuralMessenger, MuralPace, tell
from bot.mural.page import MuralPages
from bot.mural.panel import MuralPanel
from bot.mural.reconciler import MuralReconciler
from bot.mural.service import MuralService
from bot.mural.start_command import MuralStarter, add_start
from bot.mural.tile_jobs import TileJobs
from bot.mural.workshop import Workshop
from bot.pictures.intake import Intake
from bot.pictures.retention import PictureRetention
from bot.styles.service import StyleService
from bot.web.links import PaintingLinks


def feature(
    murals: MuralService,
    styles: StyleService,
    guilds: GuildService,
    jobs: JobService,
    admission: Admission,
    intake: Intake,
    retention: PictureRetention,
    links: PaintingLinks,
    client: discord.Client,
    may_use: Callable[[int, int], Awaitable[None]],
    pace: MuralPace,
    clock: Callable[[], float],
) -> Feature:
    """Build `/mural`, its buttons, its pages, and the reconciliation of murals.

    `may_use` raises Blocked for a member of a server that is blocked.
    """
    data = MuralData(murals, clock)
    workshop = Workshop(retention)
    pages = MuralPages(links, murals.store, retention.pictures, workshop)
    messenger = MuralMessenger(
        client,
        murals.store,
        guilds,
        workshop,
        retention.pictures,
        pages.link,
        data.end_in,
        clock,
        pace,
    )
    panel = MuralPanel(workshop, styles, pages.link, clock)

    def bot_id() -> int:
        return client.user.id if client.user is not None else 0

    tile_jobs = TileJobs(
        murals, jobs, admission, guilds, retention, workshop, may_use, bot_id, clock
    )
    assembler = Assembler(
        murals, guilds, retention, workshop, partial(tell, client), clock, pace.assembling
    )
    reconciler = MuralReconciler(
        murals,
        tile_jobs.on_change,
        (
            tile_jobs.take_over_ended,
            murals.advance,
            tile_jobs.queue_next,
            assembler.assemble,
            messenger.show,
        ),
    )
    group = app_commands.Group(
        name="mural", description="Paint one large picture together", guild_only=True
    )
    add_start(group, MuralStarter(murals, styles, intake), styles, clock)
    add_commands(group, MuralCommands(murals, styles, intake, panel, guilds, client), styles)

    async def channel_deleted(channel: discord.abc.GuildChannel) -> None:
        await data.end_in(channel.guild.id, channel.id)

    async def thread_deleted(thread: discord.RawThreadDeleteEvent) -> None:
        await data.end_in(thread.guild_id, thread.thread_id)

    return Feature(
        name=Switch.MURALS,
        commands=[group],
        buttons={FEATURE: MuralButtonHandlers(murals, styles, panel)},
        pages=pages.routes(),
        tasks=[reconciler.run],
        pictures_in_use=[murals.store],
        personal_data={"murals": data},
        events={"guild_channel_delete": channel_deleted, "raw_thread_delete": thread_deleted},
        guild_data=[data],
    )
