"""Backups: made while the bot works, restored whole or not at all."""

import asyncio
import contextlib
import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.group import muralscape
from bot.pictures.store import PictureStore
from bot.settings import LimitSettings
from bot.simulator import Simulator
from bot.storage.backup import BackupError, Manifest, back_up, restore
from bot.storage.database import Database, known_versions
from bot.web.links import KEY_FILE
from tests.end_to_end.conftest import data_dir
from tests.end_to_end.harness import all_settled, muralize, picture, results, running_bot

__all__ = ["data_dir"]

Bytes = Callable[[bytes], bytes]


def save(folder: Path) -> tuple[bytes, Manifest]:
    """Back a data folder up into memory."""
    out = io.BytesIO()
    manifest = back_up(folder, folder / "muralscape.db", out, 1.0, "muralscape test")
    return out.getvalue(), manifest


def bring_back(backup: bytes, folder: Path) -> Manifest:
    """Restore a backup from memory."""
    return restore(io.BytesIO(backup), folder, folder / "muralscape.db", known_versions())


def rows(folder: Path) -> list[tuple[object, ...]]:
    """Read every job of a data folder."""
    with contextlib.closing(sqlite3.connect(folder / "muralscape.db")) as connection:
        return connection.execute("SELECT * FROM jobs ORDER BY id").fetchall()


def files(folder: Path) -> dict[str, bytes]:
    """Read every picture of a data folder."""
    return {file.name: file.read_bytes() for file in folder.glob("pictures/??/*")}


def everything(folder: Path) -> set[Path]:
    """List a folder and all there is in it."""
    return {folder, *folder.rglob("*")}


def hidden(folder: Path) -> list[Path]:
    """List what a backup or a restoration would have left behind."""
    return list(folder.glob(".*"))


@pytest.fixture
async def backup(data_dir: Path) -> bytes:
    """A backup of an up-to-date database and two pictures."""
    pictures = PictureStore(data_dir / "pictures")
    await pictures.open()
    await pictures.put(b"one")
    await pictures.put(b"two")
    return save(data_dir)[0]


async def test_a_bot_goes_on_from_a_backup(
    simulator: Simulator, data_dir: Path, tmp_path: Path
) -> None:
    """A backup of a bot at work, restored elsewhere, has its jobs, and they are finished there.

    The key that signs links is not in it.
    """
    hasty = LimitSettings(jobs_per_member=50, shutdown_seconds=0)
    async with running_bot(simulator, data_dir, painter="load_quick") as bot:
        muralize(simulator)
        await bot.until_job(lambda job: job.state == "done")
    async with running_bot(simulator, data_dir, painter="load_slow", limits=hasty) as bot:
        for colour in ("navy", "olive", "plum"):
            muralize(simulator, content=picture(colour=colour))
        await simulator.until(lambda: len(bot.app.jobs.places()) == 3)
        await simulator.until(lambda: any(p.position == 0 for p in bot.app.jobs.places().values()))
        backup, manifest = await asyncio.to_thread(save, data_dir)
        before = files(data_dir)
    assert (data_dir / KEY_FILE).read_bytes() not in backup
    new = tmp_path / "new machine"
    assert bring_back(backup, new) == manifest
    assert files(new) == before
    assert len(rows(new)) == 4
    async with running_bot(simulator, new):
        await simulator.until(lambda: all_settled(simulator, 4))
    assert len(results(simulator)) == 4
    assert hidden(data_dir) == hidden(new) == []


async def test_a_locked_database_is_told(data_dir: Path) -> None:
    """A backup does not wait for ever for a process that has locked the database."""
    with contextlib.closing(sqlite3.connect(data_dir / "muralscape.db")) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(BackupError, match="database is locked"):
            back_up(data_dir, data_dir / "muralscape.db", io.BytesIO(), 1.0, "test", 0.01)


async def test_a_backup_under_fire(data_dir: Path, tmp_path: Path) -> None:
    """While rows and pictures come and go, whatever picture a backup's rows name is in it."""
    database = Database(f"sqlite:///{data_dir / 'muralscape.db'}")
    pictures = PictureStore(data_dir / "pictures")
    await pictures.open()
    async with database.write() as connection:
        await connection.exec_driver_sql("CREATE TABLE refs (picture TEXT)")
    over = asyncio.Event()

    async def work() -> int:
        number = 0
        while not over.is_set():
            number += 1
            name = await pictures.put(str(number).encode())
            async with database.write() as connection:
                await connection.exec_driver_sql("INSERT INTO refs VALUES (?)", (name,))
        return number

    working = asyncio.create_task(work())
    for number in range(5):
        backup, _ = await asyncio.to_thread(save, data_dir)
        folder = tmp_path / str(number)
        bring_back(backup, folder)
        with contextlib.closing(sqlite3.connect(folder / "muralscape.db")) as restored:
            named = {name for (name,) in restored.execute("SELECT picture FROM refs")}
        assert named <= files(folder).keys()
    over.set()
    assert await working > 5
    await database.close()


async def test_a_folder_that_is_in_use(backup: bytes, data_dir: Path, tmp_path: Path) -> None:
    """Nothing is restored over anything; caches do not count."""
    before = rows(data_dir)
    with pytest.raises(BackupError, match="not empty"):
        bring_back(backup, data_dir)
    assert rows(data_dir) == before
    other = tmp_path / "other"
    (other / "cache" / "weights").mkdir(parents=True)
    assert bring_back(backup, other).pictures == 2
    (tmp_path / "third").mkdir()
    (tmp_path / "third" / "notes.txt").touch()
    with pytest.raises(BackupError, match=r"it has notes\.txt"):
        bring_back(backup, tmp_path / "third")


def rewritten(change: Callable[[str, bytes], tuple[str, bytes] | None]) -> Bytes:
    """Make a function that changes each file of a backup; None leaves one out."""

    def rewrite(backup: bytes) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=io.BytesIO(backup)) as old, tarfile.open(None, "w", out) as new:
            for member in old:
                file = old.extractfile(member)
                assert file is not None
                changed = change(member.name, file.read())
                if changed is not None:
                    entry = tarfile.TarInfo(changed[0])
                    entry.size = len(changed[1])
                    new.addfile(entry, io.BytesIO(changed[1]))
        return out.getvalue()

    return rewrite


def in_manifest(**changes: object) -> Bytes:
    """Make a function that changes a backup's manifest."""

    def change(name: str, data: bytes) -> tuple[str, bytes]:
        if name == "manifest.json":
            data = json.dumps(json.loads(data) | changes).encode()
        return name, data

    return rewritten(change)


def with_link(backup: bytes) -> bytes:
    """Add a symbolic link that leads out of the folder."""
    out = io.BytesIO(rewritten(lambda name, data: (name, data))(backup))
    with tarfile.open(None, "a", out) as tar:
        link = tarfile.TarInfo("pictures/aa")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)
    return out.getvalue()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda _: b"", "damaged or no backup"),
        (lambda _: b"PK\x03\x04 no tar at all" * 100, "damaged or no backup"),
        (lambda backup: backup[: len(backup) // 2], "damaged|not whole"),
        (lambda backup: backup.replace(b"two", b"owt"), "is not what it was"),
        (rewritten(lambda n, d: None if "pictures" in n else (n, d)), "0 of 2 pictures"),
        (rewritten(lambda n, d: None if n.endswith(".db") else (n, d)), "not whole"),
        (rewritten(lambda n, d: (n, d[:500]) if n.endswith(".db") else (n, d)), "not what it was"),
        (rewritten(lambda n, d: None if n.endswith(".json") else (n, d)), "begins with"),
        (rewritten(lambda n, d: ("../" + n, d)), "no backup"),
        (rewritten(lambda n, d: (n.replace("pictures/", "pictures/../"), d)), "no backup"),
        (with_link, "no plain file"),
        (in_manifest(format=2), "has format 2"),
        (in_manifest(database_version="9999"), "newer Muralscape"),
        (in_manifest(surprise=1), "no backup"),
    ],
)
async def test_a_backup_that_cannot_be_trusted(
    backup: bytes, data_dir: Path, tmp_path: Path, damage: Bytes, words: str
) -> None:
    """A backup that is damaged, cut, changed or hostile is refused, and nothing is left behind."""
    folder = tmp_path / "new"
    with pytest.raises(BackupError, match=words):
        bring_back(damage(backup), folder)
    assert everything(tmp_path) == {tmp_path, folder} | everything(data_dir)


async def test_a_damaged_database_is_not_backed_up(data_dir: Path) -> None:
    """A backup of a damaged database would be worth nothing, so it is refused."""
    file = data_dir / "muralscape.db"
    data = bytearray(file.read_bytes())
    data[4096 : 3 * 4096] = b"\x55" * (2 * 4096)
    file.write_bytes(data)
    with pytest.raises(BackupError, match=r"cannot be read|is damaged"):
        save(data_dir)


def test_the_commands(data_dir: Path, tmp_path: Path) -> None:
    """`backup` replaces its file; `restore` brings it back; what is wrong is said in one line."""
    (data_dir / "pictures").mkdir()
    shell = CliRunner(env={"MURALSCAPE_DATA_DIR": str(data_dir), "MURALSCAPE_DATABASE_URL": None})
    elsewhere = {"MURALSCAPE_DATA_DIR": str(tmp_path / "new")}
    file = tmp_path / "backup.tar"
    file.write_text("an older one")
    made = shell.invoke(muralscape, ["backup", str(file)])
    assert (made.exit_code, "0 pictures" in made.output) == (0, True)
    assert file.stat().st_mode & 0o077 == 0
    back = shell.invoke(muralscape, ["restore", str(file)], env=elsewhere)
    assert (back.exit_code, (tmp_path / "new" / "muralscape.db").is_file()) == (0, True)
    again = shell.invoke(muralscape, ["restore", str(file)], env=elsewhere)
    assert (again.exit_code, "not empty" in again.output) == (2, True)
    piped = shell.invoke(muralscape, ["backup", "-"])
    third = {"MURALSCAPE_DATA_DIR": str(tmp_path / "third")}
    (tmp_path / "third").mkdir(mode=0o755)
    assert shell.invoke(muralscape, ["restore", "-"], piped.stdout_bytes, third).exit_code == 0
    assert (tmp_path / "third").stat().st_mode & 0o077 == 0
    lost = shell.invoke(muralscape, ["backup", str(tmp_path / "missing" / "backup.tar")])
    missing = f"{tmp_path / 'missing'} cannot be written to (No such file or directory)"
    assert (lost.exit_code, missing in lost.output) == (2, True)
    postgres = {"MURALSCAPE_DATABASE_URL": "postgresql+asyncpg://u:s3cret@h/d"}
    refused = shell.invoke(muralscape, ["backup", str(file)], env=postgres)
    assert (refused.exit_code, "pg_dump" in refused.output, "s3cret" in refused.output) == (
        2,
        True,
        False,
    )
    nothing = shell.invoke(muralscape, ["backup", str(file)], env={"MURALSCAPE_DATA_DIR": "/nope"})
    assert (nothing.exit_code, "no database at" in nothing.output) == (2, True)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
