"""The worker registry: which workers are connected, and which would finish an order first."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.executors.contract import PaintOrder, WorkerState
from bot.executors.nats.wire import Hello, name_of
from bot.executors.rates import start_rate
from bot.texts import clean
from engine.work import work_of

LONGEST_DEVICE = 60  # characters
MOST_WORKERS = 256  # further ones are ignored, so that invented workers do not fill the memory
MOST_OF_A_NAME = 64  # as permissions can pin a worker to its name, it leaves room for others


@dataclass
class _Known:
    hello: Hello
    heard_at: float


class WorkerRegistry:
    """The workers that sent a heartbeat within `silence` seconds. `clock` gives seconds."""

    def __init__(self, silence: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._silence = silence
        self._clock = clock
        self._known: dict[str, _Known] = {}

    @property
    def slots(self) -> int:
        """How many orders they can paint at a time."""
        return sum(known.hello.slots for known in self._known.values())

    @property
    def devices(self) -> tuple[str, ...]:
        """What they paint on, the device of the first worker first."""
        able = (known.hello for known in self._known.values() if known.hello.slots)
        return tuple(device for hello in able for device in hello.devices)

    @property
    def fault(self) -> str | None:
        """Why the connected workers cannot paint; None when one can, or none is connected."""
        faults = [f"{known.hello.id}: {known.hello.fault}" for known in self._known.values()]
        return None if self.slots or not faults else faults[0]

    def states(self, job_ids: Mapping[str, int]) -> tuple[WorkerState, ...]:
        """Give each worker's state, by name. `job_ids` maps this bot's order keys to its jobs."""
        hellos = (known.hello for known in self._known.values())
        return tuple(_state(hello, job_ids) for hello in sorted(hellos, key=lambda one: one.id))

    def update(self, hello: Hello) -> bool:
        """Store a worker's heartbeat; return whether its free slots or devices have changed."""
        before = self._known.pop(hello.id, None)
        is_leaving = not hello.slots and not hello.fault
        if not is_leaving and self._has_room_for(hello.id):
            self._known[hello.id] = _Known(hello, self._clock())
        return before is None or _offer(before.hello) != _offer(hello)

    def _has_room_for(self, worker: str) -> bool:
        namesakes = [known for known in self._known if name_of(known) == name_of(worker)]
        return len(self._known) < MOST_WORKERS and len(namesakes) < MOST_OF_A_NAME

    def drop_silent(self) -> bool:
        """Remove workers without a recent heartbeat; return whether there were any."""
        silent_since = self._clock() - self._silence
        gone = [name for name, known in self._known.items() if known.heard_at < silent_since]
        for name in gone:
            del self._known[name]
        return bool(gone)

    def choose(self, order: PaintOrder) -> str | None:
        """Name the fastest idle worker that has the preset; None when there is none."""
        preset = order.settings.preset
        hellos = (known.hello for known in self._known.values())
        idle = [
            hello for hello in hellos if len(hello.busy) < hello.slots and preset in hello.presets
        ]
        return min(idle, key=rate_of).id if idle else None

    def seconds(self, order: PaintOrder) -> float:
        """Predict how long the chosen worker takes, or the fastest when all are busy."""
        chosen = self.choose(order)
        hellos = [known.hello for known in self._known.values()]
        if chosen is not None:
            candidates = [hello for hello in hellos if hello.id == chosen]
        else:
            candidates = [hello for hello in hellos if hello.slots]
        if not candidates:
            return float("inf")
        return min(map(rate_of, candidates)) * work_of(order.settings, order.content_size)


def rate_of(hello: Hello) -> float:
    """Give a worker's seconds per megapixel and step: measured, or assumed by its device."""
    if hello.rate is not None:
        return hello.rate
    return start_rate(hello.devices[0] if hello.devices else "")


def _offer(hello: Hello) -> tuple[int, tuple[str, ...]]:
    """A worker's free slots and its devices."""
    return max(0, hello.slots - len(hello.busy)), hello.devices


def _state(hello: Hello, job_ids: Mapping[str, int]) -> WorkerState:
    return WorkerState(
        name=hello.id,
        devices=tuple(clean(device)[:LONGEST_DEVICE] for device in hello.devices),
        slots=hello.slots,
        paintings=len(hello.busy),
        jobs=tuple(job_ids[key] for key in hello.busy if key in job_ids),
        rate=hello.rate,
    )
