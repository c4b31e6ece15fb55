"""Draws loss curves in processes of their own, so that the bot does not load Matplotlib."""

import asyncio
import json
import sys

from bot.errors import MuralscapeError
from bot.jobs.model import Job
from bot.languages.speech import _
from bot.pictures.copies import Copies
from bot.pictures.store import PictureStore
from engine.environment import for_children
from engine.request import PaintOutcome

_SECONDS = 30.0  # until a drawing is aborted


class NotDrawn(MuralscapeError):
    """The drawing process failed."""

    def __init__(self) -> None:
        super().__init__(_("The loss curve could not be drawn; try again."))


class LossCurves:
    """Draws each curve once and keeps it beside the painting; one process draws at a time."""

    def __init__(self, pictures: PictureStore) -> None:
        self._copies = Copies(pictures)
        self._drawing = asyncio.Lock()

    async def of(self, job: Job) -> bytes:
        """Draw a job's losses over its steps as a PNG. Raises NotDrawn."""
        if job.result is None:
            raise NotDrawn
        outcome = job.result.outcome

        async def draw() -> bytes:
            async with self._drawing:
                return await _draw(outcome)

        return await self._copies.of(job.result.picture, f"curve-{job.id}", draw)


async def _draw(outcome: PaintOutcome) -> bytes:
    drawing = {
        "curve": outcome.curve,
        "scale_starts": outcome.scale_starts,
        "title": f"{outcome.preset}, {outcome.width}x{outcome.height}",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "bot.muralize.plot"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=for_children(),
    )
    try:
        async with asyncio.timeout(_SECONDS):
            png, _errors = await process.communicate(json.dumps(drawing).encode())
    except TimeoutError as error:
        raise NotDrawn from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or not png:
        raise NotDrawn
    return png


def main() -> None:
    """Read the values as JSON and write the PNG; this runs in the other process."""
    from engine import loss_plot  # only in this process

    drawing = json.load(sys.stdin)
    curve = tuple((int(step), float(loss)) for step, loss in drawing["curve"])
    sys.stdout.buffer.write(loss_plot.draw(curve, tuple(drawing["scale_starts"]), drawing["title"]))


if __name__ == "__main__":
    main()
