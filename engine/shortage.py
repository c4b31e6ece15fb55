"""Memory that runs out in the middle of something: which errors say so."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import torch

log = logging.getLogger(__name__)

# What RuntimeErrors say where a library has no memory for itself: cuBLAS, cuSOLVER and CUDA, and
# cuDNN, of which torch tries one kernel after another and says at the end that none is left; and
# torch on the CPU.
SHORTAGES = (
    "STATUS_ALLOC_FAILED",
    "CUDA error: out of memory",
    "unable to find an engine to execute this computation",
    "DefaultCPUAllocator: can't allocate memory",
)


@contextmanager
def shortage_caught() -> Iterator[None]:
    """End the block at a lack of memory; what follows makes room and tries again.

    Room is to be made after the block, not in a handler: the error keeps alive what was made.
    """
    try:
        yield
    except RuntimeError as error:
        if not is_shortage(error):
            raise
        log.info("Too little memory: %s", error)


def is_shortage(error: RuntimeError) -> bool:
    """Whether an error of torch's is a lack of memory."""
    return isinstance(error, torch.OutOfMemoryError) or any(
        words in str(error) for words in SHORTAGES
    )
