"""The fuzzer's corpus, replayed without the fuzzer."""

from pathlib import Path

import pytest

from tests.fuzz import wire_target
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


@pytest.mark.parametrize("file", sorted(wire_target.CORPUS.iterdir()), ids=lambda file: file.name)
def test_wire_corpus_keeps_every_promise(file: Path) -> None:
    """Messages as ours are written are read; inputs that once broke a reader are refused or read.

    JSON nested thousands deep is refused.
    """
    is_message = wire_target.check_message(file.read_bytes())
    if file.name.startswith("deep"):
        assert not is_message
    elif not file.name.startswith(("crash", "timeout", "oom")):
        assert is_message


def test_corpus_is_small() -> None:
    """Both corpora together stay under 300 kB."""
    files = [*CORPUS.iterdir(), *wire_target.CORPUS.iterdir()]
    assert 0 < sum(file.stat().st_size for file in files) < _MAX_CORPUS
