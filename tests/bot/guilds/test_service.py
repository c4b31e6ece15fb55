"""A server's settings: checked, explained, kept, and within the host's limits."""

import asyncio

import pytest

from bot.errors import Refused, ValuesRejected
from bot.guilds.limits import Ceilings, numbers
from bot.guilds.model import GuildSettings
from bot.guilds.rules import (
    ChannelClosed,
    ManagersOnly,
    RoleNeeded,
    check_channel,
    check_may_save,
    check_may_start,
)
from bot.guilds.service import GuildService
from bot.guilds.store import GuildStore
from bot.people import Member
from bot.storage.database import Database

HOST = Ceilings(jobs_per_member=5, jobs_per_guild=50, largest_size=1024, saved_styles=100)
MANAGER = Member(1, 10, manages=True)
ANYONE = Member(2, 10, roles=frozenset({7}))


def service(database: Database) -> GuildService:
    """Make a service as a new process would."""
    return GuildService(GuildStore(database), HOST)


async def test_what_was_chosen_survives_a_restart(database: Database) -> None:
    """A change is kept; other servers keep the host's values."""
    await service(database).change(MANAGER, {"largest_size": 512, "paint_channels": (3, 4)})
    again = service(database)
    effective = await again.effective(10)
    assert (effective.largest_size, effective.jobs.per_member) == (512, 5)
    assert effective.settings.paint_channels == (3, 4)
    assert (await again.effective(11)).settings == GuildSettings()


async def test_the_host_has_the_last_word(database: Database) -> None:
    """A number beyond a limit that the host lowered later counts as that limit."""
    await GuildStore(database).save(10, GuildSettings(largest_size=4096, default_preset="gone"))
    effective = await service(database).effective(10)
    assert effective.largest_size == 1024
    assert effective.default_preset == "mural"


class SlowStore(GuildStore):
    """A store of which the first reading takes until the test lets it end."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.has_read = asyncio.Event()
        self.may_end = asyncio.Event()

    async def find(self, guild_id: int) -> GuildSettings:
        """Read, then wait."""
        found = await super().find(guild_id)
        if not self.has_read.is_set():
            self.has_read.set()
            await self.may_end.wait()
        return found


async def test_a_change_is_not_undone_by_a_reading_that_began_before(database: Database) -> None:
    """What a slow reading gave is older than a change or a deletion that was made meanwhile."""
    store = SlowStore(database)
    guilds = GuildService(store, HOST)
    reading = asyncio.create_task(guilds.settings(10))
    await store.has_read.wait()
    await guilds.change(MANAGER, {"largest_size": 512})
    store.may_end.set()
    await reading
    assert (await guilds.settings(10)).largest_size == 512

    store = SlowStore(database)
    guilds = GuildService(store, HOST)
    reading = asyncio.create_task(guilds.settings(10))
    await store.has_read.wait()
    await guilds.forget_guild(10)
    store.may_end.set()
    await reading
    assert await guilds.settings(10) == GuildSettings()


async def test_managers_only(database: Database) -> None:
    """Only managers of the server change settings."""
    guilds = service(database)
    with pytest.raises(ManagersOnly):
        await guilds.change(ANYONE, {"public_results": False})
    assert (await guilds.settings(10)).public_results


async def test_wrong_values_are_explained(database: Database) -> None:
    """Every wrong number gets a sentence that says what may stand there; none is kept."""
    typed = {"jobs_per_member": "0", "largest_size": "²", "jobs_per_guild": "7", "saved_styles": ""}
    with pytest.raises(ValuesRejected) as refused:
        numbers(typed, HOST)
    assert refused.value.sentence.splitlines() == [
        "Paintings at a time, for a member: write a whole number from 1 to 5, or nothing for 5.",
        "Largest size in pixels: write a whole number from 32 to 1024, or nothing for 1024.",
    ]
    assert numbers({"jobs_per_guild": " 7 ", "saved_styles": ""}, HOST) == {
        "jobs_per_guild": 7,
        "saved_styles": None,
    }
    with pytest.raises(Refused, match="no preset of that name"):
        await service(database).change(MANAGER, {"default_preset": "none such"})


def test_roles_and_channels() -> None:
    """Nothing chosen leaves painting and saving open and challenges to managers."""
    check_channel(GuildSettings(), 3)
    check_may_save(GuildSettings(), ANYONE)
    check_may_start(GuildSettings(), MANAGER)
    with pytest.raises(RoleNeeded, match="the permission Manage"):
        check_may_start(GuildSettings(), ANYONE)
    chosen = GuildSettings(paint_channels=(3,), style_roles=(8,), challenge_roles=(7,))
    check_channel(chosen, 99, 3)
    check_may_start(chosen, ANYONE)
    with pytest.raises(ChannelClosed, match="<#3>"):
        check_channel(chosen, 4)
    with pytest.raises(RoleNeeded, match="<@&8>"):
        check_may_save(chosen, ANYONE)
