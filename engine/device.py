"""Which device paints, in which arithmetic, with which threads."""

import ctypes
import logging
import os
import platform
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import torch

from engine.errors import RequestRejected

log = logging.getLogger(__name__)

DTYPES = {
    "fp16": torch.float16,
    "bf16": torch.bfloat16,
    "fp32": torch.float32,
    "tf32": torch.float32,  # products of 10 bits in convolutions, on a GPU alone
}

# Flags of /proc/cpuinfo that mean BF16 products in hardware, on x86 and on ARM. Without one of
# them BF16 convolutions are emulated and far slower than FP32, whatever the vendor's name.
BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})

TENSOR_CORES = (7, 0)  # the compute capability that brought them
# NVIDIA's TU116 and TU117 have capability 7.5 without tensor cores; in FP16 cuDNN gives NaN there.
WITHOUT_TENSOR_CORES = re.compile(r"GTX 16|MX[45]50|\bT(400|500|550|600|1000|1200|2000)\b")


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
    def in_fp32(self) -> "Device":
        """The same device for steps that must not overflow."""
        return self if self.dtype == torch.float32 else replace(self, precision="fp32")

    @property
    def name(self) -> str:
        """The device in words, with a GPU's name."""
        if self.is_cuda:
            return f"{self.torch_device} ({torch.cuda.get_device_name(self.torch_device)})"
        return str(self.torch_device)


def choose_device(device: str = "auto", precision: str = "auto") -> Device:
    """Take the first CUDA device that torch has kernels for, or the CPU, in its best arithmetic.

    `device` is "auto", "cpu", "cuda" or "cuda:N"; `precision` is "auto" or a key of DTYPES. A GPU
    becomes the process's own: what names no GPU runs on it from then on.
    Raises RequestRejected for others, and for a CUDA device that is not there or is too old.
    """
    if precision not in ("auto", *DTYPES):
        raise RequestRejected(
            f"There is no precision {precision!r}: say auto, {', '.join(DTYPES)}."
        )
    if device == "auto":
        device = _first_gpu() or "cpu"
    elif device == "cuda":
        device = "cuda:0"
    kind, _, index = device.partition(":")
    if device != "cpu" and not (kind == "cuda" and index.isdigit()):
        raise RequestRejected(f"There is no device {device!r}: say auto, cpu, cuda or cuda:N.")
    if kind == "cuda":
        return _gpu(int(index), precision)
    if precision == "tf32":
        raise RequestRejected("tf32 is for graphics cards: say auto, bf16 or fp32.")
    _prepare_cpu()
    best = "bf16" if cpu_has_bf16() else "fp32"
    return Device(torch.device(device), best if precision == "auto" else precision)


def _first_gpu() -> str | None:
    """The first GPU with kernels; of those without, the log says so."""
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        fault = _fault_of(index)
        if fault is None:
            return f"cuda:{index}"
        log.warning("%s It paints on the processor.", fault)
    return None


def _gpu(index: int, precision: str) -> Device:
    if index >= torch.cuda.device_count():
        raise RequestRejected(
            f"There is no device 'cuda:{index}' here: "
            f"{torch.cuda.device_count()} CUDA devices found."
        )
    if fault := _fault_of(index):
        raise RequestRejected(f"{fault} Say cpu, or install a torch that has them.")
    if precision == "auto":
        name, capability = (
            torch.cuda.get_device_name(index),
            torch.cuda.get_device_capability(index),
        )
        precision = "fp16" if has_tensor_cores(name, capability) else "fp32"
    torch.cuda.set_device(index)
    # torch lets cuDNN multiply FP32 in TF32, which is no more exact than FP16.
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    # Nor may the parts of a long FP16 product be summed in FP16, where they overflow.
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    return Device(torch.device("cuda", index), precision)


def _fault_of(index: int) -> str | None:
    """Why a GPU cannot paint, as a sentence."""
    capability = torch.cuda.get_device_capability(index)
    if has_kernels(capability, torch.cuda.get_arch_list()):
        return None
    major, minor = capability
    return (
        f"torch {torch.__version__} has no kernels for {torch.cuda.get_device_name(index)} "
        f"(compute capability {major}.{minor})."
    )


def has_kernels(capability: tuple[int, int], architectures: Collection[str]) -> bool:
    """Whether a build of torch runs on a GPU, by `torch.cuda.get_arch_list()`.

    Machine code ("sm_86") runs on its own major version from its minor version on; PTX
    ("compute_90") is translated for all later GPUs. Source: CUDA C++ Programming Guide,
    "Compute Capabilities". Builds for other makers' GPUs name neither and are trusted.
    """
    known = re.findall(r"\b(sm|compute)_(\d+)", " ".join(architectures))
    built = [(kind, divmod(int(number), 10)) for kind, number in known]
    return not built or any(
        own <= capability and (kind == "compute" or own[0] == capability[0]) for kind, own in built
    )


def has_tensor_cores(name: str, capability: tuple[int, int]) -> bool:
    """Whether FP16 is faster than FP32 on a GPU, and finite."""
    return capability >= TENSOR_CORES and not WITHOUT_TENSOR_CORES.search(name)


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


def share_cores(device: Device, processes: int) -> None:
    """Take one of `processes` equal parts of the processor's cores, where it is what paints.

    Once in a process: with another number of threads the same seed gives another painting.
    """
    if not device.is_cuda:
        torch.set_num_threads(max(1, torch.get_num_threads() // processes))


def give_back_memory() -> None:
    """Return freed memory that is kept to the system and the GPU, where sizes are to change."""
    torch.cuda.empty_cache()  # nothing where no GPU was used
    libc = _glibc()
    if libc:
        libc.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
