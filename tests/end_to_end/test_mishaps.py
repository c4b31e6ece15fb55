"""What two hundred jobs in chaos brought to light, each by itself."""

import asyncio
import random
import shutil
from pathlib import Path

import pytest

from bot.simulator import DiscordLimits, Simulator
from bot.simulator.model import Message
from tests.bot.clients import StartSimulator
from tests.end_to_end import bot_process
from tests.end_to_end.disasters import Victim, small_disk
from tests.end_to_end.harness import muralize, private_answers, results, running_bot
from tests.end_to_end.test_delivery import kill_token, only_result


async def test_a_deferral_whose_answer_was_lost(simulator: Simulator, data_dir: Path) -> None:
    """A painting is delivered where Discord took the deferral, but its answer was lost."""
    simulator.faults.hang_up(method="POST", path="/callback$", after=True)
    async with running_bot(simulator, data_dir):
        asked = muralize(simulator)
        assert (await only_result(simulator, data_dir)).interaction is asked


async def test_a_deferral_that_was_lost(simulator: Simulator, data_dir: Path) -> None:
    """One that never arrived leaves the channel as the way to its member."""
    simulator.faults.hang_up(method="POST", path="/callback$")
    async with running_bot(simulator, data_dir):
        asked = muralize(simulator)
        assert (await only_result(simulator, data_dir)).mentions == [asked.user]


async def test_a_refusal_that_was_lost(simulator: Simulator, data_dir: Path) -> None:
    """It is sent again, also when the public "thinking" has been taken back before."""
    simulator.faults.hang_up(method="POST", path="^/webhooks/")
    async with running_bot(simulator, data_dir):
        asked = muralize(simulator, content=b"no picture")
        (told,) = await simulator.until(lambda: private_answers(simulator, asked))
    assert "is not a picture" in told.content


async def test_a_refusal_after_the_token_died(simulator: Simulator, data_dir: Path) -> None:
    """It comes as a direct message."""
    kill_token(simulator)

    def letters() -> list[Message]:
        return [m for m in simulator.world.messages.values() if m.channel.recipients]

    async with running_bot(simulator, data_dir):
        asked = muralize(simulator, content=b"no picture")
        (letter,) = await simulator.until(letters)
    assert letter.channel.recipients == [asked.user]
    assert "is not a picture" in letter.content


@pytest.mark.slow
async def test_a_clock_that_is_wrong(start_simulator: StartSimulator, data_dir: Path) -> None:
    """A message that was sent is found though the bot's clock is ten minutes ahead of Discord's."""
    simulator = await start_simulator(DiscordLimits(nonce_window=0.0))
    kill_token(simulator)
    simulator.faults.hang_up(method="POST", path=r"^/channels/\d+/messages$", after=True)
    token, base = simulator.world.token, simulator.api_base
    bot = bot_process.start(token, base, data_dir, "load_quick", clock_ahead=600)
    try:
        await simulator.until(lambda: simulator.gateway.connected)
        muralize(simulator)
        await only_result(simulator, data_dir)
    finally:
        bot.terminate()
        await asyncio.to_thread(bot.join)


@pytest.mark.slow
async def test_a_full_disk(simulator: Simulator, migrated_file: Path, tmp_path: Path) -> None:
    """While nothing can be written nothing is lost: what was taken in ends without a restart."""
    with small_disk(tmp_path / "data") as mounted:
        shutil.copy(migrated_file, tmp_path / "data" / "muralscape.db")
        victim = Victim(simulator, tmp_path / "data", random.Random(8), mounted)
        await victim.start()
        asked = [muralize(simulator) for _ in range(8)]
        await simulator.until(lambda: results(simulator))
        await victim.fill_disk()

        def ended() -> bool:
            told = sum(
                bool(private_answers(simulator, one))
                or (one.original is not None and "Not painted" in one.original.content)
                for one in asked
            )
            return len(results(simulator)) + told == len(asked)

        await simulator.until(ended)
        assert await victim.stop() == 0
