"""Memory that runs out in the middle of something: which errors say so."""

import logging
from types import TracebackType

import torch

log = logging.getLogger(__name__)

# What RuntimeErrors say where a library has no memory for itself: cuBLAS, cuSOLVER and CUDA, the
# first two also as if nobody had initialised them; cuDNN, of which torch tries one kernel after
# another and says at the end that none is left; and torch on the CPU.
SHORTAGES = (
    "STATUS_ALLOC_FAILED",
    "STATUS_NOT_INITIALIZED",
    "CUDA error: out of memory",
    "unable to find an engine to execute this computation",
    "DefaultCPUAllocator: can't allocate memory",
)


class ShortageCaught:
    """Ends its block at a lack of memory; what follows makes room and tries again.

    Room is to be made after the block, not in a handler: the error keeps alive what was made.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        caught = isinstance(error, RuntimeError) and is_shortage(error)
        if caught:
            log.info("Too little memory: %s", error)
        return caught


def is_shortage(error: RuntimeError) -> bool:
    """Whether an error of torch's is a lack of memory."""
    return isinstance(error, torch.OutOfMemoryError) or any(
        words in str(error) for words in SHORTAGES
    )
