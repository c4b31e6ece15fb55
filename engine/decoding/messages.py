"""The protocol of the pipes between a process and its decoding child.

Messages are frames (`engine.frames`) of JSON; the bytes after it are the file that is asked about,
or a file that was made. Pixels are in memory that both share (`pixels`). Both sides check types and
lengths.
"""

import json
from dataclasses import asdict, dataclass
from typing import Literal

from engine.errors import Sentence, Wording, printable
from engine.frames import frame, read_object
from engine.motion.clip import MOST_FRAMES, MOST_SECONDS
from engine.picture_limits import Effort, PictureLimits

MOST_JSON = 64 * 1024  # bytes
LONGEST_FRAME = 60.0  # seconds; a film is far shorter
READY = b"ready\n"  # sent by the child once it is warm

Kind = Literal["check", "decode", "shrink", "fit", "film", "measure", "sheet"]


@dataclass(frozen=True)
class Task:
    """What to do with a file.

    `check` answers the size of the upright picture; `decode` shares its pixels too, `enough` of
    them where that is given; `shrink` makes a file of at most `side` pixels on the long side; `fit`
    a file of at most `max_bytes`; `film` shares the frames of a moving picture, at most `side`
    pixels long, one below the other; `measure` answers the size and the seconds of its frames;
    `sheet` makes a file of some of its frames, side by side, as `shrink` does of a picture.
    `name` stands in the sentence of a refusal.
    """

    kind: Kind
    name: str
    limits: PictureLimits
    effort: Effort
    enough: int | None = None  # pixels
    side: int = 0
    extension: str = ""  # of the file that `shrink` makes: .jpg or .webp
    quality: int = 0
    number: int = 0  # that `shrink` draws on the file; 0: none
    max_bytes: int = 0
    with_alpha: bool = False  # of `decode`: RGBA pixels, not RGB
    seconds: float = MOST_SECONDS  # of a film, from its beginning
    frames: int = MOST_FRAMES  # of a film at most


@dataclass(frozen=True)
class Answer:
    """What came of a task; `data` is the file that was made, if any."""

    width: int  # of the upright picture, or of the smaller one that was made; pixels
    height: int
    extension: str = ""  # of a file that was made
    content_type: str = ""
    refused: str = ""  # a sentence, where the file is no picture that can be painted
    unwritable: str = ""  # a sentence, where no file fits
    note: str = ""  # a sentence, where a part of the picture is missing
    wording: Wording | None = None  # of the sentence, whichever it is
    seconds: tuple[float, ...] = ()  # of each frame of a film
    loops: bool = False
    data: bytes | bytearray = b""

    @property
    def sentence(self) -> Sentence:
        """The sentence of the answer; empty where there is nothing to say."""
        return Sentence.received(self.refused or self.unwritable or self.note, self.wording)


def task_frame(task: Task, size: int) -> bytes:
    """Write a task as everything that is sent before the file of `size` bytes.

    Its name, which any file may have, in such a form as `read_answer` takes it.
    """
    values = {**asdict(task), "name": printable(task.name)}
    return frame(json.dumps(values).encode(), size)


def read_task(text: bytes) -> Task:
    """Read the JSON of `task_frame`; sent by the process that started the child."""
    values = json.loads(text)
    limits, effort = PictureLimits(**values.pop("limits")), Effort(**values.pop("effort"))
    return Task(**values, limits=limits, effort=effort)


def answer_frame(answer: Answer, size: int) -> bytes:
    """Write an answer as everything that is sent before its data of `size` bytes."""
    return frame(json.dumps({**asdict(answer), "data": None}).encode(), size)


def read_answer(text: bytes, data: bytes | bytearray) -> Answer:
    """Read an answer. Raises ValueError where a damaged or hijacked child sent anything else."""
    values = read_object(text)
    seconds = tuple(values.pop("seconds", ()))
    wording = values.pop("wording", None)
    wording = None if wording is None else Wording(**wording)
    answer = Answer(**{**values, "seconds": seconds, "wording": wording, "data": data})
    if not all(isinstance(one, float) and 0 < one <= LONGEST_FRAME for one in seconds):
        raise ValueError("not the times of frames")
    if type(answer.loops) is not bool or len(seconds) > MOST_FRAMES:
        raise ValueError("not frames")
    sizes = (answer.width, answer.height)
    said = (answer.refused, answer.unwritable, answer.note)
    filled = () if wording is None else (v for v in wording.values.values() if isinstance(v, str))
    words = (answer.extension, answer.content_type, *said, *filled)
    if not all(type(side) is int and 0 <= side < 2**31 for side in sizes):
        raise ValueError("not a size")
    if not all(isinstance(word, str) and (not word or word.isprintable()) for word in words):
        raise ValueError("not the texts of an answer")
    return answer
