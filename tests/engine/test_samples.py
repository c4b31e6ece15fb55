"""The pictures that come with the package."""

import pytest

from engine.images import read
from engine.samples import CONTENTS, FOLDER, STYLES, Sample


@pytest.mark.parametrize("sample", [*CONTENTS, *STYLES], ids=lambda sample: sample.name)
def test_sample_is_a_modest_picture(sample: Sample) -> None:
    """Each sample decodes, is large enough to paint and small enough to ship."""
    picture = read(sample.path)
    assert min(picture.size) >= 300
    assert max(picture.size) <= 1024
    assert sample.path.stat().st_size <= (500_000 if sample in STYLES else 200_000)


def test_every_picture_is_listed_and_credited() -> None:
    """The folder holds the listed samples and no others, and CREDITS.md names each file."""
    files = {path.name for path in FOLDER.glob("*.jpg")}
    assert files == {sample.path.name for sample in (*CONTENTS, *STYLES)}
    credits = (FOLDER / "CREDITS.md").read_text()
    assert [name for name in files if f"`{name}`" not in credits] == []
