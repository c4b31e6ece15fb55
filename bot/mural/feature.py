"""Builds the feature of murals."""

from collections.abc import Awaitable, Callable
from functools import partial

import discord

from bot.feature import Feature
from bot.guilds.model import Switch
from bot.guilds.service import GuildService
from bot.jobs.admission import Admission
from bot.jobs.service import JobService
from bot.mural.buttons import MuralButtonHandlers
from bot.mural.card import FEATURE
from bot.mural.command import MuralCommands, make_group
from bot.mural.keeper import MuralKeeper
from bot.mural.messenger import MuralMessenger, MuralPace, tell
from bot.mural.page import MuralPages
from bot.mural.panel import MuralPanel
from bot.mural.service import MuralService
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
    """Build `/mural`, its buttons, its pages, and what keeps murals going.

    `may_use` raises Blocked for a member of a server that is blocked.
    """
    workshop = Workshop(retention)
    pages = MuralPages(links, murals.store, retention.pictures, workshop)
    messenger = MuralMessenger(
        client,
        murals.store,
        guilds,
        workshop,
        retention.pictures,
        pages.link,
        murals.end_in,
        clock,
        pace,
    )
    panel = MuralPanel(workshop, styles, pages.link, clock)

    def me() -> int:
        return client.user.id if client.user is not None else 0

    keeper = MuralKeeper(
        murals,
        jobs,
        admission,
        guilds,
        retention,
        workshop,
        messenger,
        may_use,
        me,
        partial(tell, client),
        clock,
        pace.assembling,
    )
    commands = MuralCommands(murals, styles, intake, panel, guilds, client)

    async def channel_deleted(channel: discord.abc.GuildChannel) -> None:
        await murals.end_in(channel.guild.id, channel.id)

    async def thread_deleted(thread: discord.RawThreadDeleteEvent) -> None:
        await murals.end_in(thread.guild_id, thread.thread_id)

    return Feature(
        name=Switch.MURALS,
        commands=[make_group(commands, styles, clock)],
        buttons={FEATURE: MuralButtonHandlers(murals, styles, panel)},
        pages=pages.routes(),
        tasks=[keeper.run],
        pictures_in_use=[murals.store],
        personal_data={"murals": murals},
        events={"guild_channel_delete": channel_deleted, "raw_thread_delete": thread_deleted},
        guild_data=[murals],
    )
