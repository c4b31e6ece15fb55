"""The fuzzer's corpus, replayed without the fuzzer."""

from pathlib import Path

import pytest

from tests.fuzz.target import CORPUS, check_images

_MAX_CORPUS = 300_000  # bytes; what every clone carries


@pytest.mark.parametrize("file", sorted(CORPUS.iterdir()), ids=lambda file: file.name)
def test_corpus_keeps_every_promise(file: Path) -> None:
    """Seeds, and inputs that once broke something, are pictures or refusals; see `check_images`.

    Seeds that are whole are pictures, bombs are not.
    """
    is_picture = check_images(file.read_bytes())
    if file.name.startswith("bomb"):
        assert not is_picture
    elif not file.name.startswith(("crash", "timeout", "oom")) and not file.name.endswith("_cut"):
        assert is_picture


def test_corpus_is_small() -> None:
    """The corpus stays under 300 kB."""
    assert 0 < sum(file.stat().st_size for file in CORPUS.iterdir()) < _MAX_CORPUS
