"""Painters that keep time instead of painting, for tests of everything around the engine.

They run in the real engine process, behind the real executor. `load_quick` and `load_slow` are
what an `EngineSetup` names. A test that needs a painting under way, on a machine however slow,
holds it: see `hold`.

Modules that decode pictures or write films are imported where they are used: each of the hundreds
of bots in the tests starts such a process, and few need them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from bot.executors.contract import PaintOrder
from bot.executors.engine_process import EngineSetup
from engine.errors import OutOfMemory, Stopped
from engine.files import written_whole
from engine.request import Losses, PaintOutcome, Progress

FILM = b"\0\0\0\x18ftypa film"
HELD = "held-after"  # a file in the bot's data folder: the step after which its paintings wait


def hold(data_dir: Path, after: int) -> None:
    """Have the paintings of a bot wait once so many steps, or frames, are done."""
    with written_whole(data_dir / HELD) as file:
        file.write_text(str(after))


def release(data_dir: Path) -> None:
    """Let the paintings of a bot go on to their ends."""
    (data_dir / HELD).unlink(missing_ok=True)


@dataclass(frozen=True)
class TimedPainter:
    """Takes `seconds` in `steps` and hands back the content, squeezed to 32 by 32 pixels.

    Its checkpoint is the number of steps done, and its curve begins where it went on from one.
    """

    seconds: float
    steps: int = 20
    noise: bool = False  # a picture that no encoder makes small
    film: bytes = FILM
    frame_seconds: float = 0.0  # for each frame of a film

    @property
    def device(self) -> str:
        """What it says it paints on."""
        return "a clock"

    def paint(
        self,
        order: PaintOrder,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> PaintOutcome:
        """Wait, report, write."""
        if order.film is not None:
            return self._paint_film(order, on_progress, should_stop)
        picture = self._picture(order)
        losses = Losses(2.0, 1.0, 1.0)
        progress: Progress | None = None
        first = 1 + steps_done(order.resume)
        for step in range(first, self.steps + 1):
            time.sleep(self.seconds / self.steps)
            while _is_held(order, step) and not should_stop():
                _repeat(on_progress, progress)
            if should_stop():
                raise Stopped
            if order.checkpoint is not None:
                with written_whole(order.checkpoint) as file:
                    file.write_text(str(step))
            losses = Losses(200.0 / step, 100.0 / step, 100.0 / step)
            left = self.seconds * (self.steps - step) / self.steps
            progress = Progress(step, self.steps, losses, self.seconds - left, left, picture.copy)
            on_progress(progress)
        picture.save(order.result, "PNG")
        if order.timelapse is not None:
            order.timelapse.write_bytes(self.film)
        return PaintOutcome(
            width=picture.width,
            height=picture.height,
            preset=order.settings.preset,
            losses=losses,
            steps=self.steps,
            seconds=self.seconds,
            weights="no weights at all",
            device=self.device,
            precision="none",
            seed=order.settings.seed,
            curve=tuple((step, 200.0 / step) for step in range(first, self.steps + 1)),
        )

    def _paint_film(
        self,
        order: PaintOrder,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> PaintOutcome:
        """Hand back the content's frames; the checkpoint is the number of frames done.

        The weights tell at which frame it went on.
        """
        from engine.decoding.pictures import picture_reader
        from engine.motion.writing import write_film

        settings, target = order.settings.film, order.film
        assert settings is not None
        assert target is not None
        with picture_reader() as pictures:
            clip = pictures.decode_film(order.content.read_bytes(), 48, most=settings.frames)
        resumed, total = steps_done(order.resume), len(clip.frames)
        losses, done = Losses(0.0, 0.0, 0.0), resumed
        progress: Progress | None = None
        for frame in range(resumed + 1, total + 1):
            time.sleep(self.frame_seconds)
            while _is_held(order, frame) and not should_stop():
                _repeat(on_progress, progress)
            if should_stop():
                if not done:
                    raise Stopped
                break
            done = frame
            if order.checkpoint is not None:
                with written_whole(order.checkpoint) as file:
                    file.write_text(str(done))
            left, picture = self.frame_seconds * (total - frame), clip.frames[frame - 1]
            seconds = self.frame_seconds * frame
            progress = Progress(frame, total, losses, seconds, left, picture.copy)
            on_progress(progress)
        painted = replace(clip, frames=clip.frames[:done], seconds=clip.seconds[:done])
        painted.frames[0].save(order.result, "PNG")
        write_film(painted, target)
        if order.animation is not None:
            write_film(painted, order.animation) if done == total else order.animation.touch()
        width, height = painted.frames[0].size
        return PaintOutcome(
            width=width,
            height=height,
            preset=order.settings.preset,
            losses=losses,
            steps=self.steps,
            seconds=self.frame_seconds * total,
            weights=f"resumed at {resumed}",
            device=self.device,
            precision="none",
            seed=order.settings.seed,
            frames=done,
            frames_asked=total,
        )

    def _picture(self, order: PaintOrder) -> Image.Image:
        if self.noise:
            return Image.effect_noise((600, 600), 100).convert("RGB")
        with Image.open(order.content) as content:
            return content.convert("RGB").resize((32, 32))


def _is_held(order: PaintOrder, step: int) -> bool:
    """Say whether a step has to wait; the order's folder lies three below the data."""
    try:
        return step > int((order.result.parents[3] / HELD).read_text())
    except FileNotFoundError:
        return False


def _repeat(on_progress: Callable[[Progress], None], last: Progress | None) -> None:
    """Report the last step again, which may have come too soon after another to be sent."""
    time.sleep(0.01)
    if last is not None:
        on_progress(last)


def steps_done(checkpoint: Path | None) -> int:
    """Read a checkpoint; 0 where there is none."""
    return int(checkpoint.read_text()) if checkpoint is not None and checkpoint.exists() else 0


@dataclass(frozen=True)
class CopyingPainter(TimedPainter):
    """Hands back the content as the engine sees it, decoded in a child."""

    def _picture(self, order: PaintOrder) -> Image.Image:
        from engine.decoding.pictures import picture_reader

        with picture_reader() as pictures:
            return pictures.read(order.content)


SLOW = TimedPainter(1200.0, steps=24_000)


@dataclass(frozen=True)
class SizedPainter(TimedPainter):
    """Takes its time for what was asked for at more than 512 pixels."""

    def paint(
        self,
        order: PaintOrder,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> PaintOutcome:
        """Wait as long as the size says."""
        if (order.settings.size or 0) > 512:
            return SLOW.paint(order, on_progress, should_stop)
        return super().paint(order, on_progress, should_stop)


@dataclass(frozen=True)
class FlatPainter(TimedPainter):
    """Covers the content with the style's colour, and keeps the paint around a tile of a mural."""

    def _picture(self, order: PaintOrder) -> Image.Image:
        from engine.decoding.pictures import picture_reader

        with picture_reader() as pictures:
            content, style = pictures.read(order.content), pictures.read(order.styles[0])
            flat = Image.new("RGB", content.size, style.resize((1, 1)).getpixel((0, 0)))
            painted = Image.blend(content, flat, 0.6)
            if order.surroundings is not None:
                paint, held, _ = map(pictures.read, order.surroundings)
                painted.paste(paint, mask=held.convert("L"))
        return painted


def load_flat(_: EngineSetup) -> TimedPainter:
    """Paint tiles of murals in a fifth of a second each."""
    return FlatPainter(0.2)


def load_quick(_: EngineSetup) -> TimedPainter:
    """Paint in no time, films too."""
    return TimedPainter(0.0)


def load_copying(_: EngineSetup) -> TimedPainter:
    """Paint the content as it is."""
    return CopyingPainter(0.0)


def load_steady(_: EngineSetup) -> TimedPainter:
    """Paint in a quarter of a second."""
    return TimedPainter(0.25)


def load_brisk(_: EngineSetup) -> TimedPainter:
    """Paint in a twentieth of a second."""
    return TimedPainter(0.05, steps=5)


def load_unhurried(_: EngineSetup) -> TimedPainter:
    """Paint in two seconds."""
    return TimedPainter(2.0)


def load_measured(_: EngineSetup) -> TimedPainter:
    """Take a tenth of a second for each step."""
    return TimedPainter(6.0, steps=60)


def load_slow(_: EngineSetup) -> TimedPainter:
    """Paint for longer than a test waits."""
    return SLOW


def load_by_size(_: EngineSetup) -> SizedPainter:
    """Paint at once what is small, and for longer than a test waits what is large."""
    return SizedPainter(0.0)


def load_to_be_seen(_: EngineSetup) -> SizedPainter:
    """Like `load_by_size`, but so that a browser shows what is small being painted."""
    return SizedPainter(0.8)


def load_noisy(_: EngineSetup) -> TimedPainter:
    """Paint something of about a megabyte."""
    return TimedPainter(0.0, noise=True)


def load_film(_: EngineSetup) -> TimedPainter:
    """Paint and film something, each of almost a mebibyte."""
    return TimedPainter(0.0, noise=True, film=FILM + bytes(900_000))


@dataclass(frozen=True)
class RefusingPainter(TimedPainter):
    """Says that every painting needs too much memory."""

    def paint(
        self,
        order: PaintOrder,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> PaintOutcome:
        """Raise the engine's own error."""
        raise OutOfMemory(
            "Painting {width}x{height} does not fit into the {room} GiB that can be had: size "
            "{side} would fit.",
            width=64,
            height=64,
            room=1.5,
            side=32,
        )


def load_refusing(_: EngineSetup) -> TimedPainter:
    """Paint nothing."""
    return RefusingPainter(0.0)
