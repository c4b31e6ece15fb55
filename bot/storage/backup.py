"""Backs up the database and the pictures while the bot runs, and restores them.

A backup is a tar file: manifest.json, then muralscape.db, then the pictures with their paths in the
data folder. A restore verifies everything: the pictures by their names, which are hashes, the
database by the hash in the manifest.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from bot.errors import MuralscapeError
from bot.storage.folder import LOCK

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "muralscape.db"
PICTURE = re.compile(r"pictures/([0-9a-f]{2})/(\1[0-9a-f]{62})")
MANIFEST_BYTES = 64 * 1024  # more than any manifest has
CHUNK = 1 << 20  # bytes

# Names that an empty data folder may have: the caches of the container image, the lock of a bot
# that was started once, and the folder that a new file system begins with.
NOTHING = frozenset({"cache", LOCK, "lost+found"})


class BackupError(MuralscapeError):
    """A backup cannot be made or restored, for the reason in the text."""


@dataclass(frozen=True)
class Manifest:
    """The first file of a backup, which describes the rest."""

    format: int
    made_at: float  # Unix seconds
    made_by: str  # such as "muralscape 0.1.0"
    database_version: str  # the last migration of its tables
    database_sha256: str
    pictures: int


def back_up(
    data_dir: Path,
    database: Path,
    out: IO[bytes],
    now: float,
    made_by: str,
    busy_seconds: float = 10.0,
) -> Manifest:
    """Write a backup to a stream, which need not be seekable.

    It waits up to `busy_seconds` for a process that has locked the database. Raises `BackupError`
    where there is nothing to back up, or the database is damaged or stays locked.
    """
    if not database.is_file():
        raise BackupError(f"there is no database at {database}")
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=data_dir) as name:
        work = Path(name)
        # Pictures are added and deleted while this runs. Linking them before and after the
        # snapshot makes sure that every picture of the snapshot is in the backup.
        _link_all(data_dir / "pictures", work / "pictures")
        version = _snapshot(database, work / DATABASE, busy_seconds)
        _link_all(data_dir / "pictures", work / "pictures")
        pictures = sorted((work / "pictures").glob("??/*"))
        with (work / DATABASE).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        manifest = Manifest(FORMAT, now, made_by, version, digest, len(pictures))
        with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            text = json.dumps(asdict(manifest), indent=2).encode() + b"\n"
            tar.addfile(_entry(MANIFEST, len(text), now), io.BytesIO(text))
            for path in [work / DATABASE, *pictures]:
                with path.open("rb") as source:
                    entry = _entry(str(path.relative_to(work)), path.stat().st_size, now)
                    tar.addfile(entry, source)
    return manifest


def restore(source: IO[bytes], data_dir: Path, database: Path, known: Sequence[str]) -> Manifest:
    """Restore a backup into an empty data folder: all of it, or nothing.

    `known` are the database versions that this program can upgrade. Raises `BackupError`.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    there = sorted(entry.name for entry in data_dir.iterdir() if entry.name not in NOTHING)
    if there or database.exists():
        raise BackupError(
            f"{data_dir.absolute()} is not empty (it has {', '.join(there[:3]) or database}); "
            "restore into an empty folder"
        )
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=data_dir) as name:
        work = Path(name)
        try:
            with tarfile.open(fileobj=source, mode="r|*") as tar:
                manifest = _unpack(tar, work, known)
        except tarfile.TarError as error:
            raise BackupError(f"the file is damaged or no backup ({error})") from error
        _check_database(work / DATABASE)
        (work / "pictures").mkdir(exist_ok=True)
        (work / "pictures").replace(data_dir / "pictures")
        database.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(PermissionError):  # the folder may belong to another user
            data_dir.chmod(0o700)
        # last, because a folder with a database counts as complete
        shutil.move(work / DATABASE, database)
    return manifest


def _link_all(pictures: Path, links: Path) -> None:
    """Hard-link the pictures that have no link yet, so that deleting one keeps its data for us."""
    for picture in pictures.glob("[0-9a-f][0-9a-f]/*"):
        target = links / picture.parent.name / picture.name
        if PICTURE.fullmatch(f"pictures/{picture.parent.name}/{picture.name}") is None:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError, FileNotFoundError):  # linked; deleted meanwhile
            try:
                os.link(picture, target)
            except PermissionError:  # a file system without links
                shutil.copyfile(picture, target)


def _snapshot(database: Path, target: Path, busy_seconds: float) -> str:
    """Copy one consistent state of the database, and return its version."""
    try:
        with (
            contextlib.closing(
                sqlite3.connect(
                    f"{database.absolute().as_uri()}?mode=ro", timeout=busy_seconds, uri=True
                )
            ) as live,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            # read first, because sqlite3's backup would wait for the lock without an end
            live.execute("BEGIN")
            live.execute("SELECT 1 FROM sqlite_master").fetchone()
            live.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file
            (version,) = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except (sqlite3.Error, TypeError) as error:
        raise BackupError(f"{database} cannot be read ({error})") from error
    _check_database(target)
    return str(version)


def _check_database(file: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(file)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok":
        raise BackupError(f"the database is damaged ({verdict})")


def _entry(name: str, size: int, now: float) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, int(now), 0o600
    return entry


def _unpack(tar: tarfile.TarFile, work: Path, known: Sequence[str]) -> Manifest:
    """Write the files of a backup below `work`, and verify each."""
    members = _files(tar)
    manifest = _read_manifest(*next(members, ("", io.BytesIO())))
    if manifest.database_version not in known:
        raise BackupError(
            f"the backup was made by a newer Muralscape ({manifest.made_by}); install that first"
        )
    pictures = 0
    for name, file in members:
        picture = PICTURE.fullmatch(name)
        if name != DATABASE and picture is None:
            raise BackupError(f"the file is no backup: it holds {name!r}")
        expected = picture.group(2) if picture else manifest.database_sha256
        if _write(file, work / name) != expected:
            raise BackupError(f"the backup is damaged: {name} is not what it was")
        pictures += picture is not None
    if not (work / DATABASE).is_file() or pictures != manifest.pictures:
        raise BackupError(
            f"the backup is not whole: {pictures} of {manifest.pictures} pictures are there"
        )
    return manifest


def _files(tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    for member in tar:
        file = tar.extractfile(member) if member.isreg() else None
        if file is None:
            raise BackupError(f"the file is no backup: {member.name!r} is no plain file")
        yield member.name, file


def _read_manifest(name: str, file: IO[bytes]) -> Manifest:
    try:
        if name != MANIFEST:
            raise ValueError(f"it begins with {name!r}")
        manifest = Manifest(**json.loads(file.read(MANIFEST_BYTES)))
    except (ValueError, TypeError) as error:
        raise BackupError(f"the file is no backup ({error})") from error
    if manifest.format != FORMAT:
        raise BackupError(f"the backup has format {manifest.format}; this is for format {FORMAT}")
    return manifest


def _write(source: IO[bytes], target: Path) -> str:
    """Write and sync a new file, and return its hash."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("xb") as out:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()
