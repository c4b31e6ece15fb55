"""Pictures on disk, named by the SHA-256 of their bytes, and written atomically."""

import asyncio
import contextlib
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Collection, Sequence
from pathlib import Path

from bot.errors import PictureGone
from engine.files import sync

CHUNK = 1 << 20  # bytes


class PictureStore:
    """Stores pictures and time-lapses in `folder`, addressed by content.

    The name of a picture is 64 hexadecimal digits. Methods raise `OSError` where the disk fails.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._work = folder / "work"
        self._copies = folder / "copies"
        self._unfinished = folder / "unfinished"
        self._total = 0
        self._counting = threading.Lock()  # held while files and `_total` change together

    @property
    def total_bytes(self) -> int:
        """The bytes of all pictures and their copies; other files are not counted."""
        return self._total

    async def open(self) -> None:
        """Make the folders, count their bytes, and delete the work files of an earlier run."""
        await asyncio.to_thread(self._open)

    async def put(self, data: bytes) -> str:
        """Store bytes and return their name; they are synced to the disk."""
        return await asyncio.to_thread(self._put, data)

    async def adopt(self, file: Path) -> str:
        """Move a file from a work folder into the store and return its name."""
        return await asyncio.to_thread(self._adopt, file)

    async def bytes_of(self, names: Sequence[str]) -> dict[str, int]:
        """Give the bytes of those of these pictures that are stored."""
        return await asyncio.to_thread(self._bytes_of, names)

    async def read(self, name: str) -> bytes:
        """Return a picture's bytes. Raises `PictureGone` where there is no such picture."""
        try:
            return await asyncio.to_thread(self.path(name).read_bytes)
        except FileNotFoundError:
            raise PictureGone from None

    async def has(self, names: Sequence[str]) -> bool:
        """Say whether all of these pictures are stored."""
        return await asyncio.to_thread(lambda: all(self.path(name).is_file() for name in names))

    async def remove(self, names: Sequence[str]) -> None:
        """Delete pictures. Missing ones are ignored."""
        await asyncio.to_thread(self._remove, names)

    async def names(self) -> list[str]:
        """List all pictures."""
        return await asyncio.to_thread(
            lambda: [file.name for file in self._folder.glob("[0-9a-f][0-9a-f]/*")]
        )

    async def older_than(self, moment: float, names: Sequence[str]) -> set[str]:
        """List those that were last put or adopted before `moment`, in Unix seconds."""
        return await asyncio.to_thread(self._older_than, moment, names)

    async def make_work_folder(self) -> Path:
        """Make an empty folder on the same disk, for files that `adopt` will take."""
        return Path(await asyncio.to_thread(tempfile.mkdtemp, dir=self._work))

    async def remove_work_folder(self, folder: Path) -> None:
        """Remove a work folder with everything in it."""
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def read_copy(self, name: str, label: str) -> bytes | None:
        """Return a smaller copy of a picture; None where it was not made yet."""
        try:
            return await asyncio.to_thread(self.copy_path(name, label).read_bytes)
        except FileNotFoundError:
            return None

    async def put_copy(self, name: str, label: str, data: bytes) -> None:
        """Keep a smaller copy of a picture as long as the picture itself."""
        await asyncio.to_thread(self._put_copy, name, label, data)

    def unfinished(self, job_id: int) -> Path:
        """Give the path of the state from which a later try of a job goes on, saved or not."""
        return self._unfinished / f"{job_id}.pth"

    async def remove_unfinished(self, job_id: int) -> None:
        """Remove the saved state of a job."""
        await asyncio.to_thread(self.unfinished(job_id).unlink, missing_ok=True)

    async def keep_unfinished(self, job_ids: Collection[int]) -> None:
        """Remove the saved states of all other jobs."""
        await asyncio.to_thread(
            self._keep_unfinished, {self.unfinished(job_id) for job_id in job_ids}
        )

    def path(self, name: str) -> Path:
        """Give the path of a picture, stored or not."""
        if len(name) != 64 or not set(name) <= set("0123456789abcdef"):
            raise ValueError(f"not the name of a picture: {name!r}")
        return self._folder / name[:2] / name

    def copy_path(self, name: str, label: str) -> Path:
        """Give the path of a smaller copy, made or not."""
        return self._copies / self.path(name).name / label

    def _open(self) -> None:
        shutil.rmtree(self._work, ignore_errors=True)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._unfinished.mkdir(mode=0o700, exist_ok=True)
        kept = (f for f in self._folder.rglob("*") if f.parent != self._unfinished)
        self._total = sum(f.stat().st_size for f in kept if f.is_file())
        self._work.mkdir(mode=0o700)

    def _keep_unfinished(self, wanted: set[Path]) -> None:
        for file in self._unfinished.glob("*"):
            if file not in wanted:
                file.unlink(missing_ok=True)

    def _put(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        if not self._touch(name):
            descriptor, file = tempfile.mkstemp(dir=self._work)
            try:
                with os.fdopen(descriptor, "wb") as out:
                    out.write(data)
                self._move_in(Path(file), name)
            finally:
                Path(file).unlink(missing_ok=True)
        return name

    def _put_copy(self, name: str, label: str, data: bytes) -> None:
        target = self.copy_path(name, label)
        descriptor, file = tempfile.mkstemp(dir=self._work)
        try:
            with os.fdopen(descriptor, "wb") as out:
                out.write(data)
            with self._counting:
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._total += len(data) - (target.stat().st_size if target.exists() else 0)
                Path(file).replace(target)
        finally:
            Path(file).unlink(missing_ok=True)
        if not self.path(name).is_file():  # deleted meanwhile
            self._remove_copies(name)

    def _adopt(self, file: Path) -> str:
        with file.open("rb") as source:
            name = hashlib.file_digest(source, "sha256").hexdigest()
        if self._touch(name):
            file.unlink()
        else:
            self._move_in(file, name)
        return name

    def _touch(self, name: str) -> bool:
        """Update a picture's time, so that no sweep deletes it before its new row is written."""
        try:
            os.utime(self.path(name))
        except FileNotFoundError:
            return False
        return True

    def _move_in(self, file: Path, name: str) -> None:
        target = self.path(name)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        sync(file)  # data before the name, so that a power cut leaves no partial picture
        with self._counting:
            if not target.exists():  # else it was put twice at the same moment
                self._total += file.stat().st_size
            file.replace(target)
        sync(target.parent)

    def _remove(self, names: Sequence[str]) -> None:
        for name in names:
            with contextlib.suppress(FileNotFoundError), self._counting:
                size = self.path(name).stat().st_size
                self.path(name).unlink()
                self._total -= size
            self._remove_copies(name)

    def _remove_copies(self, name: str) -> None:
        folder = self._copies / self.path(name).name
        with self._counting:
            self._total -= sum(file.stat().st_size for file in folder.glob("*"))
            shutil.rmtree(folder, ignore_errors=True)

    def _bytes_of(self, names: Sequence[str]) -> dict[str, int]:
        found = {}
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                found[name] = self.path(name).stat().st_size
        return found

    def _older_than(self, moment: float, names: Sequence[str]) -> set[str]:
        old = set()
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                if self.path(name).stat().st_mtime < moment:
                    old.add(name)
        return old
