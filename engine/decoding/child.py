"""What runs in a decoding child: one task after another, each within its limits.

The kernel enforces the limits of memory and of processor seconds, whatever a decoder does; the
process that asked enforces the wall time. A child that a task has ended is replaced by its owner.
"""

import contextlib
import math
import os
import resource
import signal
import sys
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO

from PIL import Image

from engine import images, picture_formats, saving
from engine.badge import with_number
from engine.decoding.messages import (
    READY,
    Answer,
    Task,
    answer_frame,
    read_task,
)
from engine.decoding.pixels import SharedPixels
from engine.errors import ImageRejected, OutputRejected, Sentence
from engine.frames import HEADER
from engine.picture_limits import Effort

NICENESS = 5  # below the bot's answers and above painting, where cores are few
KEPT_BYTES = 256 * 2**20  # of earlier tasks, at most, that do not count against the next one
FILMS = ("film", "measure", "sheet")  # the tasks that need FFmpeg
STRIP_BYTES = 2**20  # of pixels, about, are copied at a time
_TYPES = {".jpg": ("JPEG", "image/jpeg"), ".webp": ("WEBP", "image/webp")}


def main() -> None:
    """Answer tasks until standard input ends. The argument is the descriptor of shared pixels."""
    pixels = SharedPixels(int(sys.argv[1]))
    # Ctrl-C and a service manager's SIGTERM reach all processes; the owner ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):  # some sandboxes forbid it
        os.nice(NICENESS)
    tasks, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not write into the answers
    _warm_up()
    most_idle = _data_bytes() + KEPT_BYTES
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    lift = partial(resource.setrlimit, resource.RLIMIT_DATA, (hard, hard))
    try:
        answers.write(READY)
        answers.flush()
        while True:
            length, size = HEADER.unpack(_read(tasks, HEADER.size))
            task = read_task(_read(tasks, length))
            # Read before the limits are set: its size is what the owner sends.
            data = _read(tasks, size)
            if task.kind in FILMS:  # outside of the limits: libraries that do not fit end a process
                import engine.motion.reading  # noqa: F401
            idle_memory = min(_data_bytes() - len(data), most_idle)
            answer, picture = _within_limits(task, data, idle_memory, lift)
            if picture is not None:
                _share(picture, pixels)
            answers.write(answer_frame(answer, len(answer.data)))
            answers.write(answer.data)
            answers.flush()
            del data, answer, picture
    except (EOFError, BrokenPipeError):  # the owner has closed its pipes, or was killed
        os._exit(0)  # an orderly exit would try to write what is left


def _read(tasks: IO[bytes], size: int) -> bytes:
    """Read so many bytes. Raises EOFError where the owner sends no more."""
    data = tasks.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _within_limits(
    task: Task, data: bytes, idle_memory: int, lift: Callable[[], None]
) -> tuple[Answer, Image.Image | None]:
    """Do a task within its limits, and lift that of memory after it."""
    memory = idle_memory + len(data)
    _limit_seconds(task.effort)
    _limit_memory(memory, task.effort, 0)
    done = _answer(task, data, memory, lift)
    lift()
    return done


def _share(picture: Image.Image, pixels: SharedPixels) -> None:
    """Write a picture's pixels in strips: all of them at once would be a copy."""
    line = len(picture.getbands()) * picture.width
    rows = max(1, STRIP_BYTES // line)
    for top in range(0, picture.height, rows):
        bottom = min(picture.height, top + rows)
        strip = picture.crop((0, top, picture.width, bottom)).tobytes()
        pixels.write(strip, top * line)


def _answer(
    task: Task, data: bytes, memory: int, lift: Callable[[], None]
) -> tuple[Answer, Image.Image | None]:
    """Do a task; also give the picture where its pixels are the answer.

    `lift` ends the limit of memory without an allocation: where it is used up, not even a refusal
    could be written.
    """
    try:
        return _work(task, data, memory)
    except ImageRejected as error:
        lift()
        return Answer(0, 0, refused=str(error), wording=error.sentence.wording), None
    except OutputRejected as error:
        lift()
        return Answer(0, 0, unwritable=str(error), wording=error.sentence.wording), None
    except MemoryError:
        lift()
        sentence = images.too_much_memory(task.name)
        return Answer(0, 0, refused=sentence, wording=sentence.wording), None


def _work(task: Task, data: bytes, memory: int) -> tuple[Answer, Image.Image | None]:
    """Do a task. Raises ImageRejected, OutputRejected, MemoryError."""
    notes: list[Sentence] = []

    def before_load(pixels: int) -> None:
        _limit_memory(memory, task.effort, pixels)

    if task.kind == "check":
        return Answer(*images.check(data, task.limits, task.name, before_load)), None
    if task.kind in ("film", "measure"):
        return _film(task, data, before_load)
    if task.kind == "sheet":
        return _shrink(_sheet(task, data, before_load), task), None
    picture = images.decode(
        data,
        task.limits,
        task.name,
        before_load,
        task.enough,
        with_alpha=task.with_alpha,
        tell=notes.append,
    )
    if task.kind == "decode":
        note, wording = (notes[0], notes[0].wording) if notes else ("", None)
        return Answer(*picture.size, note=note, wording=wording), picture
    if task.kind == "shrink":
        return _shrink(picture, task), None
    encoded = saving.encode_under(picture, task.max_bytes)
    size, data = encoded.size, encoded.data
    return Answer(*size, encoded.extension, encoded.content_type, data=data), None


def _film(
    task: Task, data: bytes, before_load: Callable[[int], None]
) -> tuple[Answer, Image.Image | None]:
    from engine.motion.reading import read_film

    film = read_film(
        data,
        task.limits,
        task.name,
        before_load,
        side=task.side,
        seconds=task.seconds,
        most=task.frames,
    )
    answer = Answer(
        *(film.strip.size if film.strip else film.size),
        note=film.note or "",
        wording=film.note.wording if film.note is not None else None,
        seconds=film.seconds,
        loops=film.loops,
        data=film.sound,
    )
    return answer, film.strip


def _sheet(task: Task, data: bytes, before_load: Callable[[int], None]) -> Image.Image:
    """Lay frames of a film side by side, as many in a row as in a column."""
    from engine.motion.reading import read_film

    side = math.isqrt(task.frames)
    small, most = task.side // side, side**2
    film = read_film(data, task.limits, task.name, before_load, side=small, most=most)
    if film.strip is None or len(film.seconds) == 1:
        return images.decode(data, task.limits, task.name, before_load)
    width, height = film.size
    sheet = Image.new("RGB", (side * width, -(-len(film.seconds) // side) * height))
    for number in range(len(film.seconds)):
        frame = film.strip.crop((0, number * height, width, (number + 1) * height))
        sheet.paste(frame, (number % side * width, number // side * height))
    return sheet


def _shrink(picture: Image.Image, task: Task) -> Answer:
    picture.thumbnail((task.side, task.side), Image.Resampling.LANCZOS)
    if task.number:
        picture = with_number(picture, task.number)
    format_name, content_type = _TYPES[task.extension]
    buffer = BytesIO()
    picture.save(buffer, format_name, quality=task.quality, progressive=True)
    return Answer(*picture.size, task.extension, content_type, data=buffer.getvalue())


def _limit_seconds(effort: Effort) -> None:
    """End the process by SIGXCPU once it has used so many more seconds of processor time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + effort.cpu_seconds
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


def _limit_memory(idle: int, effort: Effort, pixels: int) -> None:
    """Let allocations fail beyond what the task may have; `idle` is what the process has anyway."""
    most = idle + effort.base_bytes + effort.bytes_per_pixel * pixels
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    with contextlib.suppress(ValueError, OSError):  # a container may allow even less
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _data_bytes() -> int:
    """What RLIMIT_DATA counts: private writable memory. Where it cannot be read, a usual amount."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmData:")[1].split()[0]) * 1024
    except (OSError, IndexError, ValueError):
        return 128 * 2**20


def _warm_up() -> None:
    """Load the decoders and the colour conversion, so that the first picture is like others."""
    for example in picture_formats.examples():
        images.decode(example)
