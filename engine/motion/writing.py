"""Films -> files: MP4 with H.264, GIF, animated WebP, chosen by the path's ending."""

from pathlib import Path

from engine.errors import OutputRejected
from engine.files import written_whole
from engine.motion.clip import Clip
from engine.mp4 import open_mp4

ENDINGS = (".mp4", ".gif", ".webp")


def write_film(clip: Clip, path: Path) -> None:
    """Write a clip, whole or not at all; an MP4 keeps its sound.

    Raises OutputRejected for another ending, and where the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in ENDINGS:
        raise OutputRejected(f"{path} is no film; end it in one of {', '.join(ENDINGS)}.")
    with written_whole(path) as temporary:
        if suffix == ".mp4":
            _write_mp4(clip, temporary)
        else:
            _write_animation(clip, temporary, suffix)


def _write_animation(clip: Clip, path: Path, suffix: str) -> None:
    first, *others = clip.frames
    options: dict[str, object]
    if suffix == ".webp":
        options = {"quality": 90, "loop": 0 if clip.loops else 1}
    else:  # a GIF without the number plays once
        options = {"optimize": True} | ({"loop": 0} if clip.loops else {})
    first.save(
        path,
        "WEBP" if suffix == ".webp" else "GIF",
        save_all=True,
        append_images=others,
        duration=[round(1000 * seconds) for seconds in clip.seconds],
        **options,
    )


def _write_mp4(clip: Clip, path: Path) -> None:
    width, height = clip.frames[0].size
    with open_mp4(path, width, height, clip.fps, clip.sound) as film:
        at = 0.0
        for picture, seconds in zip(clip.frames, clip.seconds, strict=True):
            film.add(picture, at, seconds)
            at += seconds
        film.finish()
