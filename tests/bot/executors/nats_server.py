"""A real NATS server with JetStream on loopback, for tests and benchmarks."""

import signal
import socket
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from tests.ports import free_port

SERVER = Path(sysconfig.get_path("scripts")) / "nats-server"


class NatsServer:
    """A server that keeps its streams in a folder; it can be killed and started again.

    `more` is added to its configuration, `store` to what that says of its streams.
    """

    def __init__(self, folder: Path, more: str = "", store: str = "") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.config = folder / "server.conf"
        self._fixed = (
            f'listen: "127.0.0.1:{self.port}"\n'
            f'jetstream {{ store_dir: "{folder / "streams"}", {store} }}\n'
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.configure(more)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"nats://127.0.0.1:{self.port}"

    def configure(self, more: str) -> None:
        """Add this to its configuration instead of what was added before, also while it runs."""
        self.config.write_text(f"{self._fixed}{more}\n")
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def start(self) -> "NatsServer":
        """Start it and wait until it takes connections."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([SERVER, "-c", self.config], stderr=log)
        end = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if self._process.poll() is not None or time.monotonic() > end:
                    sys.stderr.write((self.folder / "log").read_text())
                    raise
                time.sleep(0.01)

    def kill(self) -> None:
        """Kill it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
