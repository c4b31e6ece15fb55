"""The memory of the GPUs, read from NVIDIA's driver at each scrape."""

import logging
from collections.abc import Iterator

import pynvml
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

log = logging.getLogger(__name__)


class GpuMetrics(Collector):
    """Reports every GPU; none where there is no driver."""

    def __init__(self, registry: CollectorRegistry) -> None:
        try:
            pynvml.nvmlInit()
            self._there = True
        except pynvml.NVMLError as error:
            log.debug("no NVIDIA driver: %s", error)
            self._there = False
        registry.register(self)

    def describe(self) -> list[Metric]:
        """Name the metrics, so that `register` does not call `collect` for that."""
        return list(_families())

    def collect(self) -> Iterator[Metric]:
        """Read the memory of each GPU."""
        used, total = _families()
        if self._there:
            try:
                for index in range(pynvml.nvmlDeviceGetCount()):
                    gpu = pynvml.nvmlDeviceGetHandleByIndex(index)
                    memory = pynvml.nvmlDeviceGetMemoryInfo(gpu)
                    labels = [str(index), str(pynvml.nvmlDeviceGetName(gpu))]
                    used.add_metric(labels, float(memory.used))
                    total.add_metric(labels, float(memory.total))
            except pynvml.NVMLError as error:  # a GPU that is no longer on the bus
                log.warning("the driver does not answer: %s", error)
        yield used
        yield total


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    labels = ["index", "name"]
    return (
        GaugeMetricFamily(
            "muralscape_gpu_memory_used_bytes", "Used by all programs", labels=labels
        ),
        GaugeMetricFamily("muralscape_gpu_memory_total_bytes", "Of the GPU", labels=labels),
    )
