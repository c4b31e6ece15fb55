"""A real PostgreSQL server on loopback, for tests."""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.ports import free_port

DEBIAN = Path("/usr/lib/postgresql")
# Nothing here need survive a power cut.
HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB")
EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP EXECUTE format('TRUNCATE %I RESTART IDENTITY CASCADE', name); END LOOP;
END $$
"""


def find_programs() -> Path | None:
    """Find the folder of initdb and its like: Debian's newest, else the one on the PATH."""
    versions = {float(file.parts[-3]): file.parent for file in DEBIAN.glob("*/bin/initdb")}
    if versions:
        return versions[max(versions)]
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class PostgresServer:
    """A server with a folder of its own, which goes when it is stopped.

    PostgreSQL refuses to run as root: where the tests do, it runs as the user postgres or nobody.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._account = _account() if os.getuid() == 0 else None
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._port = free_port()

    def url(self, database: str) -> str:
        """Give a database's address for SQLAlchemy."""
        return f"postgresql://muralscape@127.0.0.1:{self._port}/{database}"

    def start(self) -> "PostgresServer":
        """Make the server's files, start it and wait until it takes connections."""
        if self._account is not None:
            os.chown(self._folder, self._account.pw_uid, self._account.pw_gid)
        data = str(self._folder / "data")
        files = ["--no-sync", "--encoding=UTF8", "--locale=C"]
        made = self._popen("initdb", data, "--username=muralscape", "--auth=trust", *files)
        if made.wait(60):
            raise self._failed("initdb")
        settings = [f"--{setting}" for setting in HASTE]
        address = ["-h", "127.0.0.1", "-p", str(self._port), "-k", ""]
        self._process = self._popen("postgres", "-D", data, *address, *settings)
        end = time.monotonic() + 120
        while self._popen("pg_isready", *self._address()).wait(10):
            if self._process.poll() is not None or time.monotonic() > end:
                raise self._failed("postgres")
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """Stop it at once, without waiting for its clients, and remove its files."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def make_database(self) -> str:
        """Make a database without tables and give its name."""
        name = f"test_{next(self._numbers)}"
        self.run("createdb", name)
        return name

    def empty(self, database: str) -> None:
        """Delete every row of a database and cut its clients off: ten times as fast as a copy."""
        self.run("psql", "--quiet", "--no-psqlrc", f"--dbname={database}", f"--command={EMPTY}")

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's client programs on this server."""
        if self._popen(program, *self._address(), *arguments).wait(60):
            raise self._failed(program)

    def _address(self) -> list[str]:
        return ["--host=127.0.0.1", f"--port={self._port}", "--username=muralscape"]

    def _popen(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self._programs / program, *arguments],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                user=self._account.pw_uid if self._account else None,
                group=self._account.pw_gid if self._account else None,
                extra_groups=[] if self._account else None,
            )

    def _failed(self, program: str) -> RuntimeError:
        sys.stderr.write((self._folder / "log").read_text(errors="replace"))
        return RuntimeError(f"{program} failed")


def _account() -> pwd.struct_passwd:
    """Find an account that the server may run under where we are root."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise LookupError("there is neither a user postgres nor a user nobody")
