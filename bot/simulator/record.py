"""A record of all traffic between the bot and the simulator."""

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.simulator.bus import Bus, Traffic
from bot.simulator.model import Json, JsonValue

KEPT = 20_000  # the oldest are dropped, so that a demo can run for days


@dataclass
class RestCall:
    """One request and its answer. Tokens are never in here: `path` has `{token}` in their place.

    `route` is the path with its parameters' names, as Discord's API description spells it.
    `files` are (field, filename, bytes); `started` is in the clock's seconds.
    """

    method: str
    path: str
    route: str
    query: dict[str, str]
    started: float
    content_type: str = ""
    body: Any = None
    files: list[tuple[str, str, int]] = field(default_factory=list)
    status: int = 0
    answer: Any = None
    seconds: float = 0.0
    by_fault: bool = False


@dataclass(frozen=True)
class Frame:
    """One gateway message; `sent` says whether the simulator sent it."""

    sent: bool
    op: int
    event: str | None
    data: Any
    at: float


@dataclass(frozen=True)
class Heartbeat:
    """A received heartbeat: seconds since the previous one, and the interval that was asked for."""

    at: float
    gap: float
    interval: float

    @property
    def late_by(self) -> float:
        """How many seconds over the interval it came; negative when early."""
        return self.gap - self.interval


class Record:
    """REST calls, gateway frames and heartbeats, oldest first."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.calls: deque[RestCall] = deque(maxlen=KEPT)
        self.frames: deque[Frame] = deque(maxlen=KEPT)
        self.heartbeats: deque[Heartbeat] = deque(maxlen=KEPT)
        self.downloads: deque[str] = deque(maxlen=KEPT)  # paths that the CDN was asked for

    def add(self, entry: RestCall | Frame) -> None:
        """Keep `entry` and announce it."""
        if isinstance(entry, RestCall):
            self.calls.append(entry)
        else:
            self.frames.append(entry)
        self._bus.publish(Traffic(entry))

    def find(
        self, method: str | None = None, path: str = "", status: int | None = None
    ) -> list[RestCall]:
        """The calls with this method and status and a path that matches the pattern `path`."""
        return [
            call
            for call in self.calls
            if method in (None, call.method)
            and status in (None, call.status)
            and re.search(path, call.path)
        ]

    def late_heartbeats(self, tolerance: float = 0.5) -> list[Heartbeat]:
        """The heartbeats that came more than `tolerance` seconds after they were due."""
        return [beat for beat in self.heartbeats if beat.late_by > tolerance]


def call_object(call: RestCall) -> Json:
    """A call for the page's traffic drawer."""
    return {
        "kind": "rest",
        "method": call.method,
        "path": call.path,
        "status": call.status,
        "seconds": round(call.seconds, 4),
        "body": call.body,
        "files": [{"name": name, "bytes": size} for _, name, size in call.files],
        "answer": call.answer,
        "at": call.started,
    }


def frame_object(frame: Frame) -> Json:
    """A gateway frame for the page's traffic drawer."""
    direction: Literal["to bot", "from bot"] = "to bot" if frame.sent else "from bot"
    return {
        "kind": "gateway",
        "direction": direction,
        "op": frame.op,
        "event": frame.event,
        "data": frame.data,
        "at": frame.at,
    }


def without_tokens(data: JsonValue) -> JsonValue:
    """A copy of `data` in which the value of every `token` is hidden."""
    if isinstance(data, dict):
        return {
            key: "{token}" if key == "token" else without_tokens(value)
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [without_tokens(item) for item in data]
    return data
