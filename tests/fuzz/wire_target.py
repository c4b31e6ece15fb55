"""What must hold for messages of workers and children, whatever bytes they send."""

import math
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args

from bot.executors import pipe
from bot.executors.checks import LONGEST_SENTENCE
from bot.executors.contract import PaintProgress
from bot.executors.nats import wire
from engine.decoding.messages import read_answer
from engine.errors import Wording
from tests.bot.executors.bytes_pipe import pipe_of

CORPUS = Path(__file__).parent / "wire_corpus"
# The first byte of an input chooses the reader of the others.
_KINDS: tuple[type, ...] = get_args(wire.Message)
READERS = (*(kind.__name__ for kind in _KINDS), "engine process", "bot", "decoding")


def check_message(data: bytes) -> bool:
    """Read a message and say whether it is one; raise AssertionError where a promise breaks.

    Bytes are a message whose numbers are finite and whose texts are short and clean, and which is
    the same when it is sent again; or one of the errors that readers are prepared for.
    """
    if not data:
        return False
    reader, data = READERS[data[0] % len(READERS)], data[1:]
    try:
        message, again = _read(reader, data)
    except wire.UNREADABLE:
        return False
    except EOFError:
        assert reader in ("bot", "engine process")
        return False
    _check(message)
    assert again() == message
    return True


def _read(reader: str, data: bytes) -> tuple[object, Callable[[], object]]:
    """Read with one of READERS; also give a function that sends and reads it again."""
    if reader == "decoding":
        answer = read_answer(data, b"")
        return answer, lambda: answer
    if reader in ("bot", "engine process"):
        side = pipe.TO_BOT if reader == "bot" else pipe.TO_ENGINE
        heard = pipe.decode(pipe_of(data), side)
        return heard, lambda: pipe.decode(pipe_of(pipe.encode(heard)), side)
    kind = next(kind for kind in _KINDS if kind.__name__ == reader)
    message: wire.Message = wire.decode(kind, data)
    return message, lambda: wire.decode(kind, wire.encode(message))


def _check(value: object) -> None:
    """Check a message and all that is in it."""
    if is_dataclass(value):
        for field in fields(value):
            _check(getattr(value, field.name))
    elif isinstance(value, tuple):
        for part in value:
            _check(part)
    elif isinstance(value, float):
        assert not math.isnan(value)
    if isinstance(value, wire.Outcome):
        assert len(value.sentence) <= LONGEST_SENTENCE
        assert value.sentence.isprintable()
        assert "@" not in value.sentence
    if isinstance(value, Wording):
        assert all(str(one).isprintable() for one in value.values.values())
    if isinstance(value, PaintProgress):
        assert 0 <= value.step <= value.total_steps
        assert min(value.seconds, value.seconds_left) >= 0
        assert value.preview is None or value.preview.startswith(b"\xff\xd8\xff")
