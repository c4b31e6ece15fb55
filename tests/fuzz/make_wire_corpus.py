"""Make the seeds of `fuzz_wire`: `python -m tests.fuzz.make_wire_corpus`. Found inputs are kept."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from json import dumps
from pathlib import Path

from bot.executors import pipe
from bot.executors.contract import PaintOrder, PaintProgress
from bot.executors.nats import wire
from engine.decoding.messages import Answer
from engine.request import PaintSettings
from tests.bot.outcomes import OUTCOME
from tests.fuzz.wire_target import CORPUS, READERS

PROGRESS = PaintProgress(7, 3, 10, 1.5, 0.5, 1.0, 2.0, 4.0)
PREVIEW = b"\xff\xd8\xff and so on"
SETTINGS = PaintSettings(size=64, strength=1.5, style_weights=(1.0, 2.0))


def seeds() -> Iterator[tuple[str, bytes]]:
    """Yield a name and the bytes of a message of every kind, of every reader."""
    order = PaintOrder(7, SETTINGS, Path("c"), (Path("s"),), Path("r"), content_size=(3, 4))
    messages: tuple[wire.Message, ...] = (
        wire.Order("k", "r", 7, SETTINGS, 1, mask=True, timelapse=False, secret="ab" * 32),
        wire.Outcome("k", "w", "failed", "No room.", None),
        wire.Outcome("k", "w", "painted", painted=OUTCOME),
        wire.WorkerHeartbeat("w-1.0", ("cuda:0",), ("mural",), 1, ("k",), 0.05),
        wire.ProgressReport("k", "w", replace(PROGRESS, preview=PREVIEW)),
        wire.ProgressReport("k", "w"),
        wire.BotHeartbeat("r"),
        wire.CancelOrder("k"),
        wire.Nudge(),
    )
    for number, message in enumerate(messages):
        name = type(message).__name__
        yield f"{name}_{number}", first(name) + wire.encode(message)
    for told in (pipe.Paint(order), pipe.Cancel(7)):
        yield type(told).__name__, first("engine process") + pipe.encode(told)
    heard: tuple[pipe.FromEngine, ...] = (
        *(pipe.Ready("cpu"), pipe.Unusable("No weights."), pipe.Alive(), pipe.Painted(OUTCOME)),
        *(pipe.Failed("Too large."), pipe.Cancelled(), pipe.Crashed("Traceback")),
        *(PROGRESS, replace(PROGRESS, preview=PREVIEW)),
    )
    for number, said in enumerate(heard):
        yield f"{type(said).__name__}_{number}", first("bot") + pipe.encode(said)
    answer = {**asdict(Answer(3, 4, ".jpg", "image/jpeg")), "data": None}
    yield "answer", first("decoding") + dumps(answer).encode()
    for name in ("Outcome", "bot", "decoding"):
        yield f"deep_{name.lower()}", first(name) + b"[" * 4000


def first(reader: str) -> bytes:
    """The byte that names a reader."""
    return bytes([READERS.index(reader)])


def main() -> None:
    """Write the seeds."""
    CORPUS.mkdir(exist_ok=True)
    for name, data in seeds():
        (CORPUS / name).write_bytes(data)


if __name__ == "__main__":
    main()
