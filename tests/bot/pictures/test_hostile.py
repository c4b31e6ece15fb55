"""What members could send to bring the bot down, ten thousand times."""

import sys

import pytest

from tests.bot.pictures.hostile import MOST_MIB, bombard

pytestmark = pytest.mark.slow

_COUNT = 10_000


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc for the peak of memory")
async def test_hostile_files_end_in_bounded_memory() -> None:
    """Each file ends as a picture or as one sentence, and the process stays under 256 MiB."""
    outcome = await bombard(_COUNT)
    assert outcome.pictures + outcome.refused == _COUNT
    assert outcome.pictures > _COUNT // 20, "hardly anything was a picture: the files are too bad"
    assert outcome.refused > _COUNT // 2
    assert outcome.peak_mib < MOST_MIB
