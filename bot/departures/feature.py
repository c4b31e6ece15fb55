"""Builds the feature that notices departures."""

from collections.abc import Callable, Sequence

from bot.departures.service import DepartureService
from bot.departures.store import DepartureStore
from bot.departures.watch import DepartureWatch
from bot.discord_io.access import Access
from bot.discord_io.client import MuralscapeClient
from bot.feature import Feature
from bot.jobs.data import JobData
from bot.pictures.retention import PictureRetention
from bot.storage.shard import Shard


def feature(
    features: Sequence[Feature],
    store: DepartureStore,
    data: JobData,
    retention: PictureRetention,
    client: MuralscapeClient,
    access: Access,
    shard: Shard,
    clock: Callable[[], float],
    *,
    grace: float,
    interval: float,
) -> Feature:
    """Build it over the data of servers of the other features. Times in seconds."""
    sources = [source for other in features for source in other.guild_data]
    service = DepartureService(store, sources, retention, shard, clock, grace)
    watch = DepartureWatch(client, service, access, data, interval)
    return Feature(
        tasks=[watch.run],
        events={
            "ready": watch.connected,
            "guild_remove": watch.left,
            "guild_join": watch.back,
            "guild_available": watch.back,
            "raw_app_command_permissions_update": watch.rules_changed,
        },
    )
