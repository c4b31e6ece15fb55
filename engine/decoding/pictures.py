"""Decodes pictures in a child, for processes that paint."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from engine import images
from engine.decoding.client import Child
from engine.decoding.messages import Task
from engine.errors import READABLE_WORDS, ImageRejected, Sentence
from engine.motion.clip import MOST_FRAMES, MOST_SECONDS, Clip
from engine.picture_limits import (
    DEFAULT_LIMITS,
    FILM_EFFORT,
    FULL_EFFORT,
    PictureLimits,
)


class PictureReader:
    """Decodes pictures as `engine.images.decode` does, in a child that is replaced when it dies."""

    def __init__(self) -> None:
        self._child = Child()

    def start(self) -> None:
        """Start the child; without it the first picture does."""
        self._child.close()
        self._child = Child()
        self._child.start()

    def close(self) -> None:
        """End the child."""
        self._child.close()

    def decode(
        self,
        data: bytes,
        limits: PictureLimits = DEFAULT_LIMITS,
        name: str = "The file",
        should_stop: Callable[[], bool] | None = None,
        enough: int | None = None,
        *,
        with_alpha: bool = False,
        tell: Callable[[Sentence], None] | None = None,
    ) -> Image.Image:
        """Decode to upright sRGB in mode RGB, or RGBA with its opacity.

        `enough` pixels of it are decoded, where fewer than all will do.

        `tell` is called with a sentence where a part of the picture is missing. Raises
        ImageRejected, also where it costs too much; Stopped once `should_stop` says so.
        """
        if not self._child.alive:
            self.start()
        picture: Image.Image | None = None

        def take(size: tuple[int, int], pixels: memoryview) -> None:
            nonlocal picture
            picture = Image.frombytes("RGBA" if with_alpha else "RGB", size, pixels)

        task = Task("decode", name, limits, FULL_EFFORT, enough, with_alpha=with_alpha)
        answer = self._child.ask(task, data, should_stop, take)
        if answer.note and tell:
            tell(answer.sentence)
        if picture is None:
            raise ImageRejected(images.too_much_memory(name))
        return picture

    def read_film(
        self, path: Path, side: int, tell: Callable[[Sentence], None] | None = None
    ) -> Clip:
        """Decode the moving picture in a file, `side` pixels long at most; see `decode_film`."""
        data = images.read_bytes(path, DEFAULT_LIMITS)
        return self.decode_film(data, side, name=str(path), tell=tell)

    def decode_film(
        self,
        data: bytes,
        side: int,
        limits: PictureLimits = DEFAULT_LIMITS,
        name: str = "The file",
        should_stop: Callable[[], bool] | None = None,
        *,
        seconds: float = MOST_SECONDS,
        most: int = MOST_FRAMES,
        tell: Callable[[Sentence], None] | None = None,
    ) -> Clip:
        """Decode `most` frames of the first `seconds`, evenly, at most `side` pixels long.

        A still picture has a single frame. `should_stop`, `tell` and errors as of `decode`.
        """
        if not self._child.alive:
            self.start()
        strip: Image.Image | None = None

        def take(size: tuple[int, int], pixels: memoryview) -> None:
            nonlocal strip
            strip = Image.frombytes("RGB", size, pixels)

        task = Task("film", name, limits, FILM_EFFORT, side=side, seconds=seconds, frames=most)
        answer = self._child.ask(task, data, should_stop, take)
        if answer.note and tell:
            tell(answer.sentence)
        if strip is None or not answer.seconds or strip.height % len(answer.seconds):
            raise ImageRejected(images.too_much_memory(name))
        height = strip.height // len(answer.seconds)
        frames = [
            strip.crop((0, place * height, strip.width, (place + 1) * height))
            for place in range(len(answer.seconds))
        ]
        return Clip(frames, answer.seconds, answer.loops, bytes(answer.data))

    def read(
        self,
        path: Path,
        limits: PictureLimits = DEFAULT_LIMITS,
        enough: int | None = None,
        *,
        with_alpha: bool = False,
        tell: Callable[[Sentence], None] | None = None,
    ) -> Image.Image:
        """Decode the picture in a file; never reads more than the limit of bytes."""
        data = images.read_bytes(path, limits)
        if not data:
            raise ImageRejected(
                "{name} is empty; choose a {formats} picture.",
                name=str(path),
                formats=READABLE_WORDS,
            )
        return self.decode(data, limits, str(path), enough=enough, with_alpha=with_alpha, tell=tell)


@contextmanager
def picture_reader() -> Iterator[PictureReader]:
    """Yield a reader; its child ends with the block."""
    reader = PictureReader()
    try:
        yield reader
    finally:
        reader.close()
