"""A step captured as a CUDA graph, which a GPU replays without the host."""

import logging
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

log = logging.getLogger(__name__)


def capture(take: Callable[[], Tensor], device: torch.device) -> Callable[[], Tensor] | None:
    """Capture a step that was taken before; what is returned replays it and gives its numbers.

    None where it cannot be captured, as where memory is short.
    """
    try:
        graph, stream = torch.cuda.CUDAGraph(), _stream(device)
        # The stream is named: the one that torch would take belongs to the first GPU used. What
        # other threads do meanwhile, such as giving memory back, does not end the capture.
        captured = torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local")
        # Where the end of a capture fails, torch stays on its stream: the block around leaves it.
        with torch.cuda.device(device), torch.cuda.stream(stream), captured:
            numbers = take()
    except RuntimeError as error:
        log.warning("Painting goes on without a CUDA graph, at less speed: %s", error)
        return None

    def replay() -> Tensor:
        own = torch.empty_like(numbers)  # first: where memory is short, no step is lost
        graph.replay()
        return own.copy_(numbers)  # the next replay writes over them

    return replay


@cache
def _stream(device: torch.device) -> torch.cuda.Stream:
    """The stream of all captures on a GPU.

    torch hands out 32 streams in turn, and keeps a workspace of cuBLAS for each that a product ran
    on, 32 MiB on some GPUs, for ever. The product here takes it from the usual memory; else it
    would keep the memory of the first graph.
    """
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    with torch.cuda.device(device), torch.cuda.stream(stream):
        one = torch.ones(1, 1, device=device)
        torch.mm(one, one)
    return stream
