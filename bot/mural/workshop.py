"""Makes the pictures of murals, in a child process: a whole mural never is in the bot's memory."""

import asyncio
import contextlib
import json
import logging
import sys
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.errors import MuralscapeError
from bot.mural.model import Mural, Results
from bot.pictures.retention import PictureRetention
from engine.environment import for_children
from engine.mural import tasks
from engine.mural.grid import levels
from engine.mural.tasks import Task

log = logging.getLogger(__name__)

LONGEST_TASK = 1800.0  # seconds: a mural of 12x12 tiles takes a minute or two
KEPT_PREVIEWS = 4  # in memory
_SMALL = "mural-small"  # the label of a layer's copy in the size of a preview


class WorkshopFailed(MuralscapeError):
    """The child process ended without having done its task; the log says why."""


@dataclass(frozen=True)
class TileSources:
    """What a tile is painted from, as named in the picture store."""

    content: str
    surroundings: tuple[str, str, str]
    size: tuple[int, int]  # of the content in pixels

    @property
    def pictures(self) -> tuple[str, ...]:
        """All of them."""
        return self.content, *self.surroundings


class Workshop:
    """One child process at a time."""

    def __init__(self, retention: PictureRetention) -> None:
        self._retention = retention
        self._pictures = retention.pictures
        self._turn = asyncio.Lock()
        self._looking = asyncio.Lock()  # so that several requests at once make one preview
        self._previews: OrderedDict[tuple[object, ...], bytes] = OrderedDict()

    async def tile_sources(self, mural: Mural, number: int) -> TileSources:
        """Store what a tile is to be painted from. Raises WorkshopFailed."""
        grid = mural.terms.grid
        left, top, right, bottom = grid.region(number)
        size = right - left, bottom - top
        async with self._output_of(mural, "part", number=number) as folder:
            names = [
                (await self._retention.adopt(folder / name, size)).name
                for name in (tasks.CONTENT, tasks.PAINT, tasks.PAINT_MASK, tasks.WHOLE)
            ]
        return TileSources(names[0], (names[1], names[2], names[3]), size)

    async def preview(self, mural: Mural, *, numbered: bool) -> bytes:
        """Make a JPEG of a mural as it stands, on request with the numbers of its free tiles."""
        if mural.results is not None:
            return await self._pictures.read(mural.results.preview)
        free = mural.free if numbered else ()
        key = (mural.id, tuple(tile.picture for tile in mural.painted), free)
        async with self._looking:
            known = self._previews.get(key)
            if known is None:
                async with self._output_of(mural, "preview", numbered=free) as folder:
                    known = await asyncio.to_thread((folder / tasks.PREVIEW).read_bytes)
                    await self._keep_small(mural, folder / tasks.SMALL)
                self._previews[key] = known
                while len(self._previews) > KEPT_PREVIEWS:
                    self._previews.popitem(last=False)
        return known

    async def _keep_small(self, mural: Mural, made: Path) -> None:
        """Keep the layers that were made in the size of previews, for the next one."""
        files = await asyncio.to_thread(lambda: {file.name: file for file in made.iterdir()})
        for tile in mural.painted:
            file = files.get(str(tile.number))
            if tile.picture and file:
                data = await asyncio.to_thread(file.read_bytes)
                await self._pictures.put_copy(tile.picture, _SMALL, data)

    async def assemble(self, mural: Mural) -> Results:
        """Store the finished mural in all its forms. Raises WorkshopFailed."""
        async with self._output_of(mural, "assemble") as folder:
            png = await self._retention.adopt(folder / tasks.FULL_PNG, mural.terms.grid.size)
            zoomed = folder / tasks.ZOOM
            for file in sorted(await asyncio.to_thread(lambda: list(zoomed.iterdir()))):
                data = await asyncio.to_thread(file.read_bytes)
                await self._pictures.put_copy(png.name, zoom_label(file.name), data)
            preview, jpeg, film = [
                (await self._retention.adopt(folder / name)).name
                for name in (tasks.PREVIEW, tasks.FULL_JPEG, tasks.FILM)
            ]
        return Results(preview, png.name, jpeg, film)

    @asynccontextmanager
    async def _output_of(
        self, mural: Mural, kind: str, number: int = 0, numbered: tuple[int, ...] = ()
    ) -> AsyncIterator[Path]:
        """Do a task, and give the folder with the files that it made; removed afterwards."""
        folder = await self._pictures.make_work_folder()
        layers = [(tile.number, tile.picture) for tile in mural.painted if tile.picture]
        try:
            task = Task.from_json(
                {
                    "kind": kind,
                    "grid": vars(mural.terms.grid),
                    "photo": str(self._pictures.path(mural.photo)),
                    "layers": [(one, str(self._pictures.path(name))) for one, name in layers],
                    "small": [str(self._pictures.copy_path(name, _SMALL)) for _, name in layers],
                    "folder": str(folder),
                    "number": number,
                    "seed": mural.seed,
                    "numbered": numbered,
                }
            )
            async with self._turn:
                await _carry_out(task)
            yield folder
        finally:
            await self._pictures.remove_work_folder(folder)


def zoom_label(name: str) -> str:
    """The label of the copy that is a tile of the zoomable picture, such as "zoom-0-3-1"."""
    return f"{tasks.ZOOM}-{name}"


def zoom_levels(mural: Mural) -> list[tuple[int, tuple[int, int]]]:
    """The levels of a mural's zoomable picture, see `engine.mural.zoom`."""
    return list(levels(mural.terms.grid.size))


async def _carry_out(task: Task) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", "engine.mural"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**for_children(), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    try:
        async with asyncio.timeout(LONGEST_TASK):
            _, said = await process.communicate(json.dumps(task.to_json()).encode())
    except TimeoutError:
        raise WorkshopFailed(f"The mural's pictures took over {LONGEST_TASK:.0f} s.") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode:
        log.error("a mural's %s was not made:\n%s", task.kind, said.decode(errors="replace"))
        raise WorkshopFailed("The mural's pictures could not be made.")
