"""Another process that paints, as far as the locks on a device tell."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from engine.sharing import painters_on


@contextmanager
def another_painter(device: str) -> Iterator[int]:
    """Have a second process on a device; gives how many there are, by its own count."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    other = context.Process(target=_hold, args=(theirs, device))
    other.start()
    try:
        yield ours.recv()
    finally:
        other.kill()
        other.join()


def _hold(connection: Connection, device: str) -> None:
    connection.send(painters_on(device))
    connection.recv()
