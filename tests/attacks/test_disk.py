"""Bytes that are stored without a painting."""

import os
from pathlib import Path

from bot.settings import LimitSettings
from bot.simulator import Simulator
from bot.simulator.model import Interaction
from tests.attacks.files import jpeg_of_scans
from tests.end_to_end.harness import (
    Bot,
    button,
    muralize,
    picture,
    private_answers,
    results,
    running_bot,
)


async def test_a_burst_is_refused_before_it_is_fetched(
    simulator: Simulator, data_dir: Path
) -> None:
    """Requests count while their pictures are fetched: of ten at once, two are taken."""
    limits = LimitSettings(jobs_per_member=2, shutdown_seconds=1)
    slow = jpeg_of_scans(6000, 6000)
    async with running_bot(simulator, data_dir, limits=limits) as bot:
        burst = [muralize(simulator, "ada", content=slow + bytes([n])) for n in range(10)]

        def refused() -> list[str]:
            told = (message for one in burst for message in private_answers(simulator, one))
            return [one.content for one in told if "2 paintings under way" in one.content]

        await simulator.until(lambda: len(refused()) == len(burst) - 2)
        assert bot.stored_pictures() == []


async def test_cancelling_keeps_no_bytes(simulator: Simulator, data_dir: Path) -> None:
    """Paintings that a member cancels at once leave nothing on the disk, round after round."""
    async with running_bot(simulator, data_dir, painter="load_slow") as bot:
        for _ in range(2):
            await ask_and_cancel(simulator, bot)


async def ask_and_cancel(simulator: Simulator, bot: Bot) -> None:
    """Ask for three paintings, cancel them, and wait until their pictures are gone."""
    asked = [muralize(simulator, content=padded(100_000)) for _ in range(3)]
    await simulator.until(lambda: all(shows(one, "cancel") for one in asked))
    assert len(bot.stored_pictures()) == 4
    for one in asked:
        assert one.original is not None
        simulator.people.press(one.original.id, button(one.original, "cancel"), "ada")
    await simulator.until(lambda: bot.stored_pictures() == [])


async def test_what_does_not_fit_is_refused(simulator: Simulator, data_dir: Path) -> None:
    """A member's bytes are bounded; the member is told, and others go on."""
    limits = LimitSettings(member_bytes=2**20, shutdown_seconds=1)
    async with running_bot(simulator, data_dir, limits=limits) as bot:
        muralize(simulator, content=padded(800_000))
        await simulator.until(lambda: len(results(simulator)) == 1)
        before = bot.stored_pictures()
        refused = muralize(simulator, content=padded(800_000))
        (told,) = await simulator.until(lambda: private_answers(simulator, refused))
        assert "of the 1 MiB that a member may have stored" in told.content
        assert bot.stored_pictures() == before
        muralize(simulator, "ben", content=padded(800_000))
        await simulator.until(lambda: len(results(simulator)) == 2)


def padded(size: int) -> bytes:
    """A small picture with random bytes behind it, so that no two are equal."""
    return picture() + os.urandom(size)


def shows(asked: Interaction, action: str) -> bool:
    """Say whether the answer to a command has a button."""
    ids = str(asked.original.components) if asked.original else ""
    return f":{action}'" in ids
