"""A time-lapse of a painting as an MP4 that browsers and Discord play."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image

from engine.errors import OutputRejected
from engine.files import written_whole
from engine.mp4 import open_mp4, video_size
from engine.request import Progress, StylizeRequest
from engine.scales import plan_scales

MAX_FRAMES = 150
HOLD_SECONDS = 2.0  # how long the finished picture stays before a player loops


class TimelapseWriter:
    """Write pictures of one painting to an MP4: H.264, yuv420p, even sizes, playable at once.

    Used as a context manager: the file appears when the block ends well, and nothing is left where
    it fails. Raises OutputRejected where the file cannot be written or no picture came.

    Pictures are encoded in a thread, one behind the painting. An error of the encoder is raised
    where the next one is added, or at the end.
    """

    def __init__(self, path: Path, width: int, height: int, fps: int = 15) -> None:
        self.path = path
        self.size = video_size(width, height)
        self.fps = fps
        self._frames = 0
        self._last: Image.Image | None = None
        self._written: Future[None] | None = None  # the picture that was added last

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            temporary = opening.enter_context(written_whole(self.path))
            self._mp4 = opening.enter_context(open_mp4(temporary, *self.size, self.fps))
            # Ends before the container is closed, however the block does.
            self._encoding = opening.enter_context(ThreadPoolExecutor(1, "timelapse"))
            self._closing = opening.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._closing:  # ends the thread, closes the container, keeps or deletes the file
            if error is not None:
                raise error
            self._wait()
            self._hold()

    def add(self, picture: Image.Image) -> None:
        """Append one frame; a picture of another size, as of a coarser scale, is resampled.

        Returns when the frame before is written. The picture must not be changed afterwards.
        """
        self._wait()
        self._written = self._encoding.submit(self._add, picture)

    def _wait(self) -> None:
        if self._written is not None:
            self._written.result()

    def _add(self, picture: Image.Image) -> None:
        if picture.size != self.size:
            picture = picture.resize(self.size, Image.Resampling.LANCZOS)
        self._last = picture.convert("RGB")
        self._write(self._last)

    def _hold(self) -> None:
        if self._last is None:
            raise OutputRejected(f"{self.path} was not written: no step was painted to film.")
        for _ in range(round(HOLD_SECONDS * self.fps)):
            self._write(self._last)
        self._mp4.finish()

    def _write(self, picture: Image.Image) -> None:
        self._mp4.add(picture, self._frames / self.fps, 1 / self.fps)
        self._frames += 1


@contextmanager
def film(path: Path, request: StylizeRequest) -> Iterator[Callable[[Progress], None]]:
    """Yield what films a painting that is reported to it, evenly over its steps.

    Raises as TimelapseWriter does, and RequestRejected.
    """
    final = plan_scales(request)[-1]
    next_step = 1.0
    with TimelapseWriter(path, final.width, final.height) as video:

        def add(progress: Progress) -> None:
            nonlocal next_step
            if progress.step >= next_step or progress.step == progress.total_steps:
                video.add(progress.preview())
                next_step = progress.step + max(1.0, progress.total_steps / MAX_FRAMES)

        yield add
