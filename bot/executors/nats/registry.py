"""The worker registry: which workers are connected, and which would finish an order first."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from bot.executors.contract import PaintOrder, WorkerState
from bot.executors.nats.wire import WorkerHeartbeat, name_of
from bot.executors.rates import start_rate
from bot.texts import clean
from engine.work import work_of

LONGEST_DEVICE = 60  # characters
MOST_WORKERS = 256  # further ones are ignored, so that invented workers do not fill the memory
# Of one name. Permissions pin a worker to its name, so it cannot take the places of all others.
MOST_NAMESAKES = 64


@dataclass
class _Connected:
    heartbeat: WorkerHeartbeat  # the last one
    received_at: float


class WorkerRegistry:
    """The workers that sent a heartbeat within `silence` seconds. `clock` gives seconds."""

    def __init__(self, silence: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._silence = silence
        self._clock = clock
        self._connected: dict[str, _Connected] = {}  # by the worker's id

    @property
    def slots(self) -> int:
        """How many orders they can paint at a time."""
        return sum(worker.slots for worker in self._heartbeats)

    @property
    def devices(self) -> tuple[str, ...]:
        """What they paint on, the device of the first worker first."""
        able = [worker for worker in self._heartbeats if worker.slots]
        return tuple(device for worker in able for device in worker.devices)

    @property
    def fault(self) -> str | None:
        """Why the connected workers cannot paint; None when one can, or none is connected."""
        faults = [f"{worker.id}: {worker.fault}" for worker in self._heartbeats]
        return None if self.slots or not faults else faults[0]

    @property
    def _heartbeats(self) -> Collection[WorkerHeartbeat]:
        """The last heartbeat of each worker, which describes it."""
        return [connected.heartbeat for connected in self._connected.values()]

    def states(self, job_ids: Mapping[str, int]) -> tuple[WorkerState, ...]:
        """Give each worker's state, by name. `job_ids` maps this bot's order keys to its jobs."""
        workers = sorted(self._heartbeats, key=lambda worker: worker.id)
        return tuple(_state(worker, job_ids) for worker in workers)

    def update(self, heartbeat: WorkerHeartbeat) -> bool:
        """Store a worker's heartbeat; return whether its free slots or devices have changed."""
        before = self._connected.pop(heartbeat.id, None)
        if not heartbeat.is_leaving and self._has_room_for(heartbeat.id):
            self._connected[heartbeat.id] = _Connected(heartbeat, self._clock())
        return before is None or _offer(before.heartbeat) != _offer(heartbeat)

    def _has_room_for(self, worker: str) -> bool:
        namesakes = [other for other in self._connected if name_of(other) == name_of(worker)]
        return len(self._connected) < MOST_WORKERS and len(namesakes) < MOST_NAMESAKES

    def drop_silent(self) -> bool:
        """Remove workers without a recent heartbeat; return whether there were any."""
        oldest = self._clock() - self._silence
        silent = [key for key, worker in self._connected.items() if worker.received_at < oldest]
        for key in silent:
            del self._connected[key]
        return bool(silent)

    def choose(self, order: PaintOrder) -> str | None:
        """Give the id of the fastest idle worker that has the preset; None when there is none."""
        idle = _idle(self._able(order))
        return min(idle, key=rate_of).id if idle else None

    def seconds(self, order: PaintOrder) -> float:
        """Predict how long the chosen worker takes, or the fastest when all are busy.

        Infinite when no worker can paint it.
        """
        able = self._able(order)
        rate = min(map(rate_of, _idle(able) or able), default=float("inf"))
        return rate * work_of(order.settings, order.content_size)

    def _able(self, order: PaintOrder) -> list[WorkerHeartbeat]:
        """List the workers that can paint and have the preset, busy ones too."""
        preset = order.settings.preset
        return [one for one in self._heartbeats if one.slots and preset in one.presets]


def rate_of(worker: WorkerHeartbeat) -> float:
    """Give a worker's seconds per megapixel and step: measured, or assumed by its device."""
    if worker.rate is not None:
        return worker.rate
    return start_rate(worker.devices[0] if worker.devices else "")


def _idle(workers: Collection[WorkerHeartbeat]) -> list[WorkerHeartbeat]:
    """List those with a free slot."""
    return [worker for worker in workers if len(worker.busy) < worker.slots]


def _offer(worker: WorkerHeartbeat) -> tuple[int, tuple[str, ...]]:
    """A worker's free slots and its devices."""
    return max(0, worker.slots - len(worker.busy)), worker.devices


def _state(worker: WorkerHeartbeat, job_ids: Mapping[str, int]) -> WorkerState:
    return WorkerState(
        name=worker.id,
        devices=tuple(clean(device)[:LONGEST_DEVICE] for device in worker.devices),
        slots=worker.slots,
        paintings=len(worker.busy),
        jobs=tuple(job_ids[key] for key in worker.busy if key in job_ids),
        rate=worker.rate,
    )
