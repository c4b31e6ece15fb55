"""Builds the feature of challenges."""

from collections.abc import Awaitable, Callable

import discord

from bot.back_off import BackOff
from bot.challenges.announcer import Announcer
from bot.challenges.button_handlers import ChallengeButtonHandlers
from bot.challenges.buttons import FEATURE
from bot.challenges.channel_watch import ChannelWatch
from bot.challenges.command import ChallengeCommands, make_group
from bot.challenges.data import ChallengeData
from bot.challenges.gallery import Gallery
from bot.challenges.panel import StatusPanel
from bot.challenges.pictures import NumberedPictures
from bot.challenges.scheduler import LONGEST_NAP, SHARED_NAP, ChallengeScheduler
from bot.challenges.service import ChallengeService
from bot.feature import Feature
from bot.guilds.model import Switch
from bot.guilds.service import GuildService
from bot.pictures.decoder import Decoder
from bot.storage.shard import Shard
from bot.texts import clean


def feature(
    challenges: ChallengeService,
    commands: ChallengeCommands,
    guilds: GuildService,
    decoder: Decoder,
    client: discord.Client,
    shard: Shard,
    departed: Callable[[int], Awaitable[bool]],
    public_url: str,
    pictures: NumberedPictures,
    panel: StatusPanel,
    tries: BackOff,
    clock: Callable[[], float],
) -> Feature:
    """Build `/challenge`, its components, the gallery's pages and the scheduler.

    `departed` says whether the bot has left a server. `public_url` is the address under which
    others reach the pages. `tries` says how announcements that fail are tried again. `clock` gives
    Unix seconds.
    """

    async def opted_in(guild_id: int) -> bool:
        # the pictures of other shards' servers are in other bots' folders
        here = shard.has(guild_id) and not await departed(guild_id)
        return here and await guilds.shows_gallery(guild_id)

    def name_of(guild_id: int) -> str | None:
        guild = client.get_guild(guild_id)
        return clean(guild.name) if guild is not None else None

    announcer = Announcer(
        client, challenges.store, challenges.announcements, pictures, guilds, clock, tries
    )
    nap = LONGEST_NAP if shard.count == 1 else SHARED_NAP
    scheduler = ChallengeScheduler(challenges, announcer, clock, longest_nap=nap)
    gallery = Gallery(challenges.store, challenges.pictures, decoder, opted_in, name_of, public_url)
    data = ChallengeData(
        challenges.store, challenges.announcements, challenges.change, challenges.changed, clock
    )
    watch = ChannelWatch(client, challenges.store, data)

    async def run() -> None:
        await client.wait_until_ready()
        await scheduler.run()

    return Feature(
        name=Switch.CHALLENGES,
        commands=[make_group(commands, clock)],
        buttons={FEATURE: ChallengeButtonHandlers(challenges, panel)},
        pages=gallery.routes(),
        tasks=[run],
        pictures_in_use=[challenges.store],
        personal_data={"challenges": data},
        events={
            "ready": watch.connected,
            "guild_channel_delete": watch.channel_deleted,
            "raw_thread_delete": watch.thread_deleted,
        },
        guild_data=[data],
    )
