"""The whole way with the real engine, at a size that takes seconds."""

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.simulator import Simulator
from bot.simulator.model import Interaction, Message
from engine.samples import CONTENTS, STYLES
from tests.end_to_end.harness import button, is_result, muralize, running_bot

CONTENT, STYLE = CONTENTS[1], STYLES[0]


async def test_a_painting_has_the_loss_of_the_command_line(
    simulator: Simulator, data_dir: Path, tmp_path: Path
) -> None:
    """The picture and its final loss come back: the loss of `muralscape paint`, set the same."""
    async with running_bot(simulator, data_dir, painter=None):
        asked = muralize(
            simulator,
            content=CONTENT.path.read_bytes(),
            style=STYLE.path.read_bytes(),
            preset="draft",
            size="32",
        )
        painting = asyncio.create_task(_paint(tmp_path / "painted.png"))
        await simulator.until(lambda: asked.original and is_result(asked.original))
        by_command_line = await painting
    assert asked.original is not None
    shown = re.search(r"Final loss \*\*([\d.e+-]+)\*\*", asked.original.content)
    assert shown is not None
    # the message shows six digits
    assert abs(float(shown[1]) / by_command_line["final_loss"] - 1) < 1e-4
    assert by_command_line["weights"] in asked.original.content
    (file,) = asked.original.attachments
    assert file.pixels == (by_command_line["width"], by_command_line["height"])


async def _paint(output: Path) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "paint", CONTENT.path, STYLE.path, "-o", output),
        *("--preset", "draft", "--size", "32", "--device", "cpu", "--json"),
        stdout=asyncio.subprocess.PIPE,
    )
    text, _ = await process.communicate()
    assert process.returncode == 0
    printed: dict[str, Any] = json.loads(text.splitlines()[-1])
    return printed


@pytest.mark.slow
async def test_the_bots_process_never_imports_torch() -> None:
    """All of the bot is imported without torch and without Matplotlib."""
    code = "import bot.cli.run, sys; print({'torch', 'matplotlib'} & set(sys.modules))"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code), stdout=asyncio.subprocess.PIPE
    )
    text, _ = await process.communicate()
    assert text.strip() == b"set()"


@pytest.mark.slow
async def test_the_same_seed_is_the_same_painting(simulator: Simulator, data_dir: Path) -> None:
    """A painting made again by the seed that it shows is equal to it, pixel for pixel."""
    given = {
        "content": CONTENT.path.read_bytes(),
        "style": STYLE.path.read_bytes(),
    }
    options = {"preset": "draft", "size": "32"}
    async with running_bot(simulator, data_dir, painter=None) as bot:
        first = await painted(simulator, muralize(simulator, **given, **options))  # type: ignore[arg-type]
        again = simulator.people.press(first.id, button(first, "again"), "ada")
        second = await painted(simulator, again)
        seed = re.search(r"· seed (\d+) ·", second.content)
        assert seed is not None
        asked = muralize(simulator, **given, **options, seed=seed[1])  # type: ignore[arg-type]
        third = await painted(simulator, asked)
        jobs = [await bot.app.jobs.get(number) for number in (1, 2, 3)]
    pictures = [job.result.picture for job in jobs if job and job.result]
    assert pictures[2] == pictures[1] != pictures[0]
    assert third.attachments[0].content == second.attachments[0].content


async def painted(simulator: Simulator, asked: Interaction) -> Message:
    """Wait for the result of an interaction."""
    found = await simulator.until(
        lambda: asked.original if asked.original and is_result(asked.original) else None
    )
    assert isinstance(found, Message)
    return found
