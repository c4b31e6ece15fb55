"""One simulator, bot and browser for all tests of the page."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.simulator.model import Channel
from tests.end_to_end.browser.chromium import chromium, program
from tests.end_to_end.browser.stage import Stage, make_data_dir, new_simulator

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests in this folder as slow: they wait for a browser."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.slow)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def shared_stage(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """The stage, with the bot running."""
    if program() is None:
        pytest.skip("no Chromium is installed; `apt-get install chromium` brings one")
    data_dir = make_data_dir(migrated_file, tmp_path_factory.mktemp("page") / "data")
    async with chromium() as browser, new_simulator() as simulator:
        stage = Stage(browser, simulator, data_dir)
        await stage.start_bot()
        yield stage
        await stage.stop_bot()


@pytest_asyncio.fixture(loop_scope="session")
async def stage(shared_stage: Stage) -> AsyncIterator[Stage]:
    """The stage without a page open."""
    yield shared_stage
    await shared_stage.clear()


@pytest.fixture
def room(stage: Stage) -> Channel:
    """A channel of this test's own."""
    return stage.new_channel()
