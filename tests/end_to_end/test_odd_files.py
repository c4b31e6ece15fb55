"""Odd files through `/muralize`, from the upload to what the engine sees. They may be missing."""

import io
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from bot.simulator import Simulator
from tests.end_to_end.harness import muralize, results, running_bot
from tests.engine.shared import SHARED_FILES, bounds, difference, files_with_answers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED_FILES.is_dir(), reason="the files are not here"),
]


def has_results(simulator: Simulator, count: int) -> bool:
    """Whether so many paintings were delivered."""
    return len(results(simulator)) == count


async def test_each_reaches_the_engine_as_the_right_picture(
    simulator: Simulator, data_dir: Path
) -> None:
    """The painter hands back what it sees: the right picture, within the file's bound."""
    async with running_bot(simulator, data_dir, painter="load_copying"):
        for count, file in enumerate(files_with_answers(), 1):
            muralize(simulator, content=file.read_bytes(), name=file.name)
            await simulator.until(partial(has_results, simulator, count))
            message = max(results(simulator), key=lambda result: result.id)
            with Image.open(io.BytesIO(message.attachments[0].content)) as picture:
                mean, most = difference(file, picture)
            assert mean <= bounds(file)[0], file.name
            assert most <= bounds(file)[1], file.name
