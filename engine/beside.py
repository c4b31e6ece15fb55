"""What is made beside a painting: a fault of it is told, and the painting goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from engine.errors import OutputRejected
from engine.request import Progress, StylizeRequest
from engine.timelapse import film

OnFault = Callable[[str], None]


@contextmanager
def attempted(on_fault: OnFault, what: str) -> Iterator[None]:
    """Do the block, and tell where it fails to write `what`."""
    try:
        yield
    except OutputRejected as error:
        on_fault(str(error))
    except (OSError, av.FFmpegError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        on_fault(f"{what} cannot be written ({reason}).")


@contextmanager
def filmed(
    path: Path, request: StylizeRequest, on_fault: OnFault
) -> Iterator[Callable[[Progress], None]]:
    """Yield what films a painting, as `film` does, until it cannot be written any more.

    Raises OutputRejected where it cannot even begin.
    """
    filming = film(path, request)
    add = filming.__enter__()
    faults: list[str] = []

    def add_if_possible(progress: Progress) -> None:
        if not faults:
            with attempted(faults.append, str(path)):
                add(progress)

    try:
        yield add_if_possible
    except BaseException as error:
        with attempted(lambda _fault: None, str(path)):
            filming.__exit__(type(error), error, error.__traceback__)
        raise
    if faults:
        abandoned = OutputRejected(faults[0])
        with attempted(lambda _fault: None, str(path)):
            filming.__exit__(OutputRejected, abandoned, None)
    else:
        with attempted(faults.append, str(path)):
            filming.__exit__(None, None, None)
    if faults:
        on_fault(faults[0])
