"""What the bot and its workers say to each other: subjects, messages, names of objects.

Orders and outcomes lie in JetStream streams, so that neither is lost with a connection. What may be
lost (who is there, progress, cancels, nudges) goes over core subjects. All messages are JSON.
"""

import base64
import json
import math
import re
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, TypeVar

from bot.executors.contract import PaintProgress
from bot.names import clean
from engine.request import PaintOutcome, PaintSettings

ORDERS = "MURALSCAPE_ORDERS"  # a stream; an order stays until it is acknowledged
OUTCOMES = "MURALSCAPE_OUTCOMES"  # a stream; an outcome stays until the bot has it
PICTURES = "muralscape"  # an object store
ORDER = "muralscape.orders"
OUTCOME = "muralscape.outcomes"
PROGRESS = "muralscape.progress"
WORKER = "muralscape.workers"  # a worker says that it is there
BOT = "muralscape.bot"  # the bot says that it is there
CANCEL = "muralscape.cancel"
NUDGE = "muralscape.nudge"  # and the worker's id: there is an order for you

MOST_SLOTS = 1000  # of one worker; some machines have sixteen GPUs
LONGEST_TEXT = 100  # characters: of a device, of weights
LONGEST_SENTENCE = 300  # characters; members read why a painting failed
_NAME = re.compile(r"[\w-]{1,100}")  # what a subject may hold, a label and a message

T = TypeVar("T")

# what a message of another version, or of nobody we know, raises when it is read
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError)


@dataclass(frozen=True)
class Tempo:
    """How fast things go, in seconds; the same for the bot and all workers."""

    beat: float = 1.0  # between two signs of life
    silence: float = 4.0  # after which a worker is taken for gone
    lease: float = 10.0  # for which an order is a worker's without a word of it
    poll: float = 2.0  # between two looks of an idle worker for orders that a dead one left
    upload: float = 0.25  # between two checkpoints at least
    retry: float = 1.0  # until the server is asked again after it refused something
    ping: float = 5.0  # between two questions whether the server is there; the third in vain is it
    connect: float = 10.0  # for the server to let one in
    cancel: float = 15.0  # for a worker to say that it stopped


@dataclass(frozen=True)
class Order:
    """One attempt at a job. Its pictures lie in the object store under its key."""

    key: str  # of this attempt: bot run, job and attempt; orders and outcomes are told apart by it
    run: str  # of the bot; orders of its earlier runs are void
    job_id: int
    settings: PaintSettings
    styles: int
    mask: bool
    timelapse: bool


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended. `sentence` says why where it did not end in a painting."""

    key: str
    worker: str
    how: Literal["painted", "failed", "lost", "cancelled"]
    sentence: str = ""
    painted: PaintOutcome | None = None


@dataclass(frozen=True)
class Hello:
    """A worker that can paint; `slots` of 0 when it is leaving, or cannot for a `fault`."""

    id: str
    devices: tuple[str, ...]
    presets: tuple[str, ...]
    slots: int
    busy: tuple[str, ...]  # keys of the orders that it paints
    rate: float | None  # seconds per megapixel and step, as measured
    fault: str = ""  # in words for the host

    def __post_init__(self) -> None:
        """Raise ValueError or TypeError for what no worker says of itself."""
        texts = (self.id, *self.devices, *self.presets, *self.busy, self.fault)
        if not all(isinstance(text, str) for text in texts) or not _NAME.fullmatch(self.id):
            raise ValueError("a worker has an odd name")
        if type(self.slots) is not int or not 0 <= self.slots <= MOST_SLOTS:
            raise ValueError("a worker cannot paint so many at a time")
        if self.rate is not None and not 0 <= self.rate < math.inf:
            raise ValueError("a worker has no such speed")


@dataclass(frozen=True)
class Step:
    """Progress of an attempt; without one it was only taken."""

    key: str
    worker: str
    progress: PaintProgress | None = None


@dataclass(frozen=True)
class Run:
    """The bot is there."""

    run: str


@dataclass(frozen=True)
class Stop:
    """Stop this attempt before its next step."""

    key: str


Message = Order | Outcome | Hello | Step | Run | Stop


def encode(message: Message) -> bytes:
    """Write a message as JSON; previews in base 64."""
    return json.dumps(asdict(message), default=_bytes_to_text, separators=(",", ":")).encode()


def decode(kind: type[T], data: bytes) -> T:
    """Read a message; what a worker says of its painting is harmless wherever it is shown.

    Raises one of `UNREADABLE` for what is none of this kind.
    """
    values = json.loads(data)
    if kind is Order:
        values["settings"] = PaintSettings.from_dict(values["settings"])
    if kind is Outcome:
        values["sentence"] = clean(values["sentence"])[:LONGEST_SENTENCE]
        if values["painted"] is not None:
            values["painted"] = _outcome(values["painted"])
    if kind is Step and values["progress"] is not None:
        preview = values["progress"].pop("preview")
        progress = PaintProgress(**values["progress"])
        values["progress"] = replace(progress, preview=preview and base64.b64decode(preview))
    if kind is Hello:
        for name in ("devices", "presets", "busy"):
            values[name] = tuple(values[name])
        values["devices"] = tuple(_text(device) for device in values["devices"])
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    # a newer version may say more
    return kind(**{name: value for name, value in values.items() if name in known})


def pictures_of(key: str) -> str:
    """Name an order's pictures in the object store: the content, the styles, the mask if any."""
    return f"{key}/pictures"


def result_of(key: str, worker: str) -> str:
    """Name the painting in the object store, and its time-lapse; two workers may have made one."""
    return f"{key}/result/{worker}"


def checkpoint_of(job_id: int) -> str:
    """Name a job's last checkpoint, of whatever attempt, in the object store."""
    return f"checkpoint/{job_id}"


def _outcome(values: dict[str, Any]) -> PaintOutcome:
    outcome = PaintOutcome.from_dict(values)
    texts = {name: _text(said) for name, said in vars(outcome).items() if isinstance(said, str)}
    return PaintOutcome(**{**vars(outcome), **texts})


def _text(said: str) -> str:
    return clean(said)[:LONGEST_TEXT]


def _bytes_to_text(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is not sent")
