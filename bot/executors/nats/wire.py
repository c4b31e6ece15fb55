"""The messages between the bot and its workers, and the names of subjects, streams and objects.

Orders and outcomes go through JetStream streams, so that a lost connection loses neither. Messages
that may be lost (heartbeats, progress, cancels, nudges) go over core subjects. All are JSON.
"""

import base64
import hashlib
import json
import math
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import Strict, TypeAdapter

from bot.executors.checks import (
    check_progress,
    checked_outcome,
    checked_preview,
    checked_sentence,
    checked_wording,
    short_text,
)
from bot.executors.contract import PaintProgress
from bot.executors.nats.sealing import SECRET_BYTES
from engine.errors import Wording
from engine.frames import read_object
from engine.request import PaintOutcome, PaintSettings

ORDERS = "MURALSCAPE_ORDERS"  # a stream; an order stays until it is acknowledged
OUTCOMES = "MURALSCAPE_OUTCOMES"  # a stream; an outcome stays until the bot has acknowledged it
PICTURES = "muralscape"  # an object store

# Subjects. A server's permissions can pin those that end in a worker's id to that worker.
ORDER = "muralscape.orders"
OUTCOME = "muralscape.outcomes"  # followed by the worker's id
PROGRESS = "muralscape.progress"  # followed by the bot's run id, the order's key, the worker's id
WORKER = "muralscape.workers"  # heartbeats of workers; followed by the worker's id
BOT = "muralscape.bot"  # heartbeats of the bot
CANCEL = "muralscape.cancel"
NUDGE = "muralscape.nudge"  # followed by the worker's id

MESSAGE_ID = "Nats-Msg-Id"  # a header: JetStream drops a second message with the same id

MOST_SLOTS = 64  # of one worker; some machines have sixteen GPUs
LONGEST_ID = 100  # characters, of a worker
_ID = re.compile(r"[\w-]+(\.[\w-]+)*")  # valid in a NATS subject, a metric's label and a message

T = TypeVar("T")

# What `decode` raises for a message of another version or of an unknown sender.
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError)


@dataclass(frozen=True)
class NatsTiming:
    """Intervals and timeouts in seconds, and a rate; the same for the bot and all workers."""

    beat: float = 1.0  # between two heartbeats
    silence: float = 4.0  # without a heartbeat, until a worker counts as gone
    lease: float = 10.0  # without an extension, until JetStream redelivers an order
    poll: float = 2.0  # between two requests of an idle worker for orders
    upload: float = 0.25  # between two uploads of checkpoints at least
    retry: float = 1.0  # before a failed request to the server is repeated
    ping: float = 5.0  # between two pings; two without an answer close the connection
    connect: float = 10.0  # for connecting to the server
    cancel: float = 15.0  # for a worker to confirm a cancel, or to hand its orders back
    reports: float = 10.0  # on one order that the bot reads, in a second
    clean_up: float = 2.0  # when the bot closes, for removing what paintings have left
    stall: float = 600.0  # without a new step, until an order is taken from its worker


@dataclass(frozen=True)
class Order:
    """One attempt at a job. Its pictures are in the object store, see `pictures_of`."""

    # The bot's run id, the job's id, the attempt's number, and random digits. Unique; only the bot
    # and the workers that took the order know it.
    key: str
    run_id: str  # of the bot; orders of its earlier runs are void
    job_id: int
    settings: PaintSettings
    styles: int  # how many
    mask: bool
    timelapse: bool
    secret: str = field(repr=False)  # of the job, in hexadecimal; see `sealing`
    animation: Literal["", ".gif", ".webp"] = ""  # the ending of a film's second file, if any
    surroundings: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for a secret of another length."""
        if len(bytes.fromhex(self.secret)) != SECRET_BYTES:
            raise ValueError("not the secret of a job")

    @property
    def secret_bytes(self) -> bytes:
        """The secret of the job, with which its files are sealed."""
        return bytes.fromhex(self.secret)


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended.

    Unless it was painted, `sentence` says why, and `wording` lets the bot translate that. Older
    workers send no `wording`.
    """

    key: str
    worker: str
    how: Literal["painted", "failed", "lost", "cancelled"]
    sentence: str = ""
    painted: PaintOutcome | None = None
    wording: Wording | None = None

    @property
    def is_cut_short(self) -> bool:
        """Whether it is of a film that was cancelled, and has the frames painted by then."""
        return self.painted is not None and self.painted.is_cut_short


@dataclass(frozen=True)
class WorkerHeartbeat:
    """A worker's heartbeat. `slots` is 0 when it is leaving, or cannot paint because of `fault`."""

    id: str  # the worker's name, a dot, and digits that tell its runs apart
    devices: tuple[str, ...]
    presets: tuple[str, ...]
    slots: Annotated[int, Strict()]
    busy: tuple[str, ...]  # keys of the orders that it is painting
    rate: float | None  # seconds per megapixel and step, as measured
    fault: str = ""  # in words for the host

    def __post_init__(self) -> None:
        """Raise ValueError or TypeError for values that no worker of ours sends."""
        texts = (self.id, *self.devices, *self.presets, *self.busy, self.fault)
        if not all(isinstance(text, str) for text in texts) or not _is_id(self.id):
            raise ValueError("not the name of a worker")
        if type(self.slots) is not int or not 0 <= self.slots <= MOST_SLOTS:
            raise ValueError("not a worker's number of slots")
        if self.rate is not None and not 0 <= self.rate < math.inf:
            raise ValueError("not a worker's speed")

    @property
    def is_leaving(self) -> bool:
        """Whether it takes no more orders, and hands back those that it has."""
        return not self.slots and not self.fault


@dataclass(frozen=True)
class ProgressReport:
    """A worker has taken an order, or how far it has painted it."""

    key: str
    worker: str
    progress: PaintProgress | None = None


@dataclass(frozen=True)
class BotHeartbeat:
    """The bot's heartbeat."""

    run_id: str


@dataclass(frozen=True)
class CancelOrder:
    """Stop this attempt before its next step.

    All workers hear it, so it names the order by its label: with the key, any worker could forge
    reports on the order.
    """

    label: str


@dataclass(frozen=True)
class Nudge:
    """An order waits in the stream: request it now instead of at the next poll."""


Message = Order | Outcome | WorkerHeartbeat | ProgressReport | BotHeartbeat | CancelOrder | Nudge
_ADAPTERS: dict[type, TypeAdapter[Any]]
_ADAPTERS = {kind: TypeAdapter(kind) for kind in get_args(Message)}


def encode(message: Message) -> bytes:
    """Write a message as JSON, with previews in base 64."""
    return json.dumps(asdict(message), default=_bytes_to_text, separators=(",", ":")).encode()


def decode(kind: type[T], data: bytes) -> T:
    """Read a message; texts that members or hosts read are cleaned and shortened.

    Raises one of `UNREADABLE` for anything that is not a message of this kind. An order with a
    setting that this version does not have is unreadable; other unknown fields are ignored.
    """
    values = read_object(data)
    if kind is ProgressReport and values["progress"] is not None:
        preview = values["progress"]["preview"]
        values["progress"]["preview"] = None if preview is None else _preview(preview)
    message: T = _ADAPTERS[kind].validate_python(values)
    if isinstance(message, ProgressReport) and message.progress is not None:
        check_progress(message.progress)
    if isinstance(message, Outcome):
        painted = message.painted and checked_outcome(message.painted)
        sentence = checked_sentence(message.sentence)
        wording = message.wording and checked_wording(message.wording)
        return replace(message, sentence=sentence, painted=painted, wording=wording)
    if isinstance(message, WorkerHeartbeat):
        devices = tuple(short_text(device) for device in message.devices)
        return replace(message, devices=devices)
    return message


def progress_of(order: Order, worker: str) -> str:
    """Name the subject of a worker's reports on an order: only those that took it know the key."""
    return f"{PROGRESS}.{order.run_id}.{order.key}.{worker}"


def key_and_worker_of(subject: str, run_id: str) -> tuple[str, str]:
    """Read the order's key and the worker's id from a subject of `progress_of`."""
    key, _, worker = subject.removeprefix(f"{PROGRESS}.{run_id}.").partition(".")
    return key, worker


def new_outcome_id(key: str) -> str:
    """Make the message id of an outcome: the order's key, a slash, and random digits.

    The key can be read from it even where the outcome itself is unreadable. The digits keep the id
    secret: a worker that knew it could send a message of the same id first, and JetStream would
    drop the outcome as a duplicate.
    """
    return f"{key}/{secrets.token_hex(8)}"


def key_of(headers: Mapping[str, str]) -> str:
    """Read the order's key from the message id of an outcome; empty where there is none."""
    key, slash, _ = headers.get(MESSAGE_ID, "").partition("/")
    return key if slash else ""


def name_of(worker: str) -> str:
    """Give the name of a worker, without the digits that tell its runs apart."""
    return worker.partition(".")[0]


def label_of(key: str) -> str:
    """Name an order to all workers: the key cannot be derived from its label."""
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def pictures_of(key: str) -> str:
    """Name the object with an order's pictures: content, styles, then mask and surroundings."""
    return f"{label_of(key)}/pictures"


def result_name(key: str, worker: str) -> str:
    """Name the object with a painting and its time-lapse, as made by this worker."""
    return f"{label_of(key)}/result/{worker}"


def checkpoint_of(job_id: int) -> str:
    """Name the object with a job's last checkpoint. All attempts at the job share it."""
    return f"checkpoint/{job_id}"


def job_of(key: str, run_id: str) -> int | None:
    """Read the job from the key of an order; None for an order of another run of the bot."""
    run, _, rest = key.partition("-")
    number, _, _ = rest.partition("-")
    return int(number) if run == run_id and number.isdecimal() else None


def _is_id(text: str) -> bool:
    return len(text) <= LONGEST_ID and _ID.fullmatch(text) is not None


def _preview(text: str) -> bytes:
    """Read a preview. Raises ValueError for anything but a small JPEG."""
    return checked_preview(base64.b64decode(text, validate=True))


def _bytes_to_text(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
