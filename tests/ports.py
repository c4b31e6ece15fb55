"""Ports for servers of the tests that must know theirs before they listen, or listen again."""

import socket
from random import SystemRandom

# Below those that the system gives to connections (32,768 and up on Linux, 49,152 on others): a
# server that is started again finds its port free, whatever connects meanwhile.
_RANGE = range(10_000, 30_000)


def free_port() -> int:
    """Choose a port of 127.0.0.1 on which nothing listens."""
    while True:
        port = SystemRandom().choice(_RANGE)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
