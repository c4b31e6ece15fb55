"""Which device paints, in which arithmetic, with which threads."""

import ctypes
import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from engine.errors import RequestRejected

DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}

# Flags of /proc/cpuinfo that mean BF16 products in hardware, on x86 and on ARM. Without one of
# them BF16 convolutions are emulated and far slower than FP32, whatever the vendor's name.
BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})


@dataclass(frozen=True)
class Device:
    """Where and how the convolutions run; everything else is in FP32."""

    torch_device: torch.device
    precision: str  # a key of DTYPES

    @property
    def dtype(self) -> torch.dtype:
        """The convolutions' number type."""
        return DTYPES[self.precision]

    @property
    def is_cuda(self) -> bool:
        """Whether the device runs behind the host, so that reading a value makes it wait."""
        return self.torch_device.type == "cuda"

    @property
    def name(self) -> str:
        """The device in words, with a graphics card's name."""
        if self.is_cuda:
            return f"{self.torch_device} ({torch.cuda.get_device_name(self.torch_device)})"
        return str(self.torch_device)


def choose_device(device: str = "auto", precision: str = "auto") -> Device:
    """Take the first CUDA device, or the CPU where there is none, in its fastest arithmetic.

    `device` is "auto", "cpu", "cuda" or "cuda:N"; `precision` is "auto" or a key of DTYPES.
    Raises RequestRejected for others, and for a CUDA device that is not there.
    """
    if device == "auto":
        device = "cuda:0" if torch.cuda.is_available() else "cpu"
    elif device == "cuda":
        device = "cuda:0"
    kind, _, index = device.partition(":")
    if kind not in ("cpu", "cuda") or (index and not index.isdigit()):
        raise RequestRejected(f"There is no device {device!r}: say auto, cpu, cuda or cuda:N.")
    if kind == "cuda" and int(index or 0) >= torch.cuda.device_count():
        raise RequestRejected(
            f"There is no device {device!r} here: {torch.cuda.device_count()} CUDA devices found."
        )
    if precision == "auto":
        precision = "fp16" if kind == "cuda" else "bf16" if cpu_has_bf16() else "fp32"
    if precision not in DTYPES:
        raise RequestRejected(f"There is no precision {precision!r}: say auto, fp16, bf16 or fp32.")
    if kind == "cpu":
        _prepare_cpu()
    return Device(torch.device(device), precision)


def cpu_has_bf16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor multiplies BF16 in hardware, by the flags that Linux tells."""
    if not cpuinfo.exists():
        return False
    for line in cpuinfo.read_text(errors="replace").splitlines():
        key, _, flags = line.partition(":")
        if key.strip().lower() in ("flags", "features"):
            return not BF16_FLAGS.isdisjoint(flags.split())
    return False


def _prepare_cpu() -> None:
    """Keep freed memory in the process, and use the cores that this process may use.

    glibc gives every block over 32 MiB back to the system and faults it in again on the next
    step: a fifth of a step at 512x512. M_MMAP_THRESHOLD is -3 and M_TRIM_THRESHOLD is -1
    (malloc.h); other C libraries have no such call.
    """
    libc = _glibc()
    if libc:
        libc.mallopt(-3, 1 << 30)
        libc.mallopt(-1, (1 << 31) - 1)
    if hasattr(os, "sched_getaffinity"):
        torch.set_num_threads(min(torch.get_num_threads(), len(os.sched_getaffinity(0))))


def give_back_memory() -> None:
    """Return what `_prepare_cpu` keeps to the system, where sizes are about to change."""
    libc = _glibc()
    if libc:
        libc.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
