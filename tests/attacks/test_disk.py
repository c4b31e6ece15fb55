"""Bytes that are stored without a painting."""

from pathlib import Path

from bot.settings import LimitSettings
from bot.simulator import Simulator
from tests.attacks.files import jpeg_of_scans
from tests.end_to_end.harness import muralize, private_answers, running_bot


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

        await simulator.until(lambda: len(refused()) == len(burst) - 2, 10)
        assert bot.stored_pictures() == []
