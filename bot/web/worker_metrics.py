"""Metrics of slots and workers."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.executors.contract import Executor, WorkerState

MOST_LISTED = 100  # workers with time series of their own; the sums count all
STATES = ("painting", "idle", "unable")


class WorkerMetrics(Collector):
    """Reports the workers of the last `look`; the time series of a worker end when it leaves."""

    def __init__(self, registry: CollectorRegistry, executor: Executor) -> None:
        self._executor = executor
        self._slots = 0
        self._workers: tuple[WorkerState, ...] = ()
        registry.register(self)

    def look(self) -> None:
        """Read the executor's state on the event loop; `collect` runs in a thread."""
        self._slots, self._workers = self._executor.capacity, self._executor.workers

    def describe(self) -> list[Metric]:
        """Name the metrics."""
        return list(_families())

    def collect(self) -> Iterator[Metric]:
        """Report the state at the last `look`."""
        slots, workers, paintings, speed = _families()
        slots.add_metric([], self._slots)
        states = [_state(worker) for worker in self._workers]
        for state in STATES:
            workers.add_metric([state], states.count(state))
        for worker in self._workers[:MOST_LISTED]:
            device = ", ".join(dict.fromkeys(worker.devices))
            paintings.add_metric([worker.name, device], worker.paintings)
            if worker.rate is not None:
                speed.add_metric([worker.name], worker.rate)
        yield from (slots, workers, paintings, speed)


def _state(worker: WorkerState) -> str:
    if worker.paintings:
        return "painting"
    return "idle" if worker.slots else "unable"


def _families() -> tuple[GaugeMetricFamily, ...]:
    return (
        GaugeMetricFamily(
            "muralscape_painting_slots",
            "Paintings that all devices, here and on workers, can make at a time",
            labels=[],
        ),
        GaugeMetricFamily("muralscape_workers", "Workers on other machines", labels=["state"]),
        GaugeMetricFamily(
            "muralscape_worker_paintings",
            "Paintings that a worker is making",
            labels=["worker", "device"],
        ),
        GaugeMetricFamily(
            "muralscape_worker_seconds_per_megapixel_step",
            "Seconds that a worker takes for a step of a megapixel, by its last paintings",
            labels=["worker"],
        ),
    )
