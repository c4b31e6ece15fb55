"""A painter without an engine, paced by the clock, that can crash and hang as it is told to.

The order's content is no picture but says in JSON what to do; see `Script`.
"""

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

from bot.executors.contract import PaintOrder
from bot.executors.engine_process import EngineSetup
from engine.errors import OutOfMemory, Stopped, WeightsRejected
from engine.request import Losses, PaintOutcome, Progress


@dataclass(frozen=True)
class Script:
    """What a painting does."""

    steps: int = 3
    step_seconds: float = 0.0
    fault: str = ""  # "raise", "die", "hang", "refuse": after half of the steps; or "no file"
    once: str = ""  # a file; where it is there already, there is no fault
    stubborn: bool = False  # does not stop when asked to
    wait_for: str = ""  # a file; the second half of the steps waits until it is there

    def bytes(self) -> bytes:
        """Write it down, to be an order's content."""
        return json.dumps(asdict(self)).encode()


def load(setup: EngineSetup) -> "Clockwork":
    """Make the painter; `setup.weights` says what goes wrong with that.

    While it is a file, the painter is not made. "huge until FILE" fails until that file is there.
    """
    if setup.weights == "missing":
        raise WeightsRejected("There are no weights at all.")
    huge, _, file = setup.weights.partition(" until ")
    if huge == "huge" and not (file and Path(file).exists()):
        raise OutOfMemory("There is no room.")
    if setup.weights == "damaged":
        raise RuntimeError("an unexpected error")
    if setup.weights == "endless":
        time.sleep(1000)
    while Path(setup.weights).is_file():
        time.sleep(0.01)
    return Clockwork()


class Clockwork:
    """Paints a grey square by a script."""

    device = "clockwork"

    def paint(
        self,
        order: PaintOrder,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> PaintOutcome:
        """Take the steps of the script."""
        script = Script(**json.loads(order.content.read_bytes()))
        began = time.monotonic()
        done = _steps_done(order)
        first = done + 1
        for step in range(first, script.steps + 1):
            while _waits(script, step) and not should_stop():
                time.sleep(0.01)
            if should_stop() and not script.stubborn:
                if order.film and done:
                    break
                raise Stopped(f"Stopped after step {step - 1}.")
            time.sleep(script.step_seconds)
            if _is_late(script, step):
                _fail(script)
            if order.checkpoint:
                _write_whole(order.checkpoint, str(step))
            done = step
            seconds = time.monotonic() - began
            left = seconds / step * (script.steps - step)
            losses = Losses(100.0 / step, 40.0 / step, 60.0 / step)
            on_progress(Progress(step, script.steps, losses, seconds, left, lambda: _square(800)))
        if script.fault != "no file":
            _square(64).save(order.result)
        if order.timelapse:
            mask = order.mask.read_bytes() if order.mask else b""
            around = b"".join(path.read_bytes() for path in order.surroundings or ())
            order.timelapse.write_bytes(b"film of " + order.content.read_bytes() + mask + around)
        for file in (order.film, order.animation):
            if file:
                file.write_bytes(f"film of {done} as {file.suffix}".encode())
        return PaintOutcome(
            width=64,
            height=64,
            preset=order.settings.preset,
            losses=Losses(*(part / script.steps for part in (100.0, 40.0, 60.0))),
            steps=script.steps,
            seconds=time.monotonic() - began,
            weights=f"process {os.getpid()}",
            device=self.device,
            precision="fp32",
            seed=order.settings.seed,
            curve=((first, 100.0 / first), (script.steps, 100.0 / script.steps)),
            frames=done if order.film else 0,
            frames_asked=script.steps if order.film else 0,
        )


def _steps_done(order: PaintOrder) -> int:
    if order.resume and order.resume.exists():
        return int(order.resume.read_text())
    return 0


def _write_whole(file: Path, text: str) -> None:
    """Replace a file at once, as the engine does: a worker uploads it at any moment."""
    part = file.with_name(f"{file.name}.part")
    part.write_text(text)
    part.replace(file)


def _is_late(script: Script, step: int) -> bool:
    """Say whether a step is of the second half."""
    return step > script.steps // 2


def _waits(script: Script, step: int) -> bool:
    return bool(script.wait_for) and _is_late(script, step) and not Path(script.wait_for).exists()


def _fail(script: Script) -> None:
    if script.once:
        if Path(script.once).exists():
            return
        Path(script.once).touch()
    match script.fault:
        case "raise":
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            time.sleep(1000)
        case "refuse":
            raise OutOfMemory("This picture needs 9 GiB; choose a size of at most 512.")


def _square(side: int) -> Image.Image:
    return Image.new("RGB", (side, side // 2), (128, 128, 128))
