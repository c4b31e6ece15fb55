"""Odd files as people sent them, each with the right picture beside. They may be missing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.decoding.pictures import PictureReader, picture_reader
from tests.engine.shared import SHARED_FILES, bounds, difference, files_with_answers

pytestmark = pytest.mark.skipif(not SHARED_FILES.is_dir(), reason="the files are not here")


@pytest.fixture(scope="module")
def reader() -> Iterator[PictureReader]:
    """What the command line and the engine's processes read with."""
    with picture_reader() as reader:
        yield reader


@pytest.mark.parametrize("file", files_with_answers(), ids=lambda file: file.name)
def test_each_is_the_right_picture(file: Path, reader: PictureReader) -> None:
    """Within its bound, and nothing is said of faults that cost no pixel."""
    notes: list[str] = []
    mean, most = difference(file, reader.read(file, tell=notes.append))
    assert mean <= bounds(file)[0]
    assert most <= bounds(file)[1]
    assert notes == []


@pytest.mark.parametrize("name", ["logo_white.png", "logo_white.webp", "logo_white_la.png"])
def test_white_logos_are_seen(name: str, reader: PictureReader) -> None:
    """White on black."""
    picture = reader.read(SHARED_FILES / name)
    assert picture.getpixel((0, 0)) == (0, 0, 0)
    assert picture.convert("L").getextrema() == (0, 255)
