"""What a file is that is not a picture, for the sentence that its sender reads."""

import mimetypes

from engine.motion.kinds import video_format
from engine.picture_limits import READABLE_WORDS

VIDEO = "a video"
_KINDS = {"video": VIDEO, "audio": "a sound", "text": "a text"}
_APPLICATIONS = {
    "application/pdf": "a PDF",
    "application/zip": "an archive",
    "application/gzip": "an archive",
    "application/x-tar": "an archive",
    "application/x-7z-compressed": "an archive",
    "application/json": "a JSON file",
    "application/msword": "a document",
}
_BEGINNINGS = (
    (b"OggS", "a sound"),
    (b"ID3", "a sound"),
    (b"fLaC", "a sound"),
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "an archive"),
)


def kind_by_name(name: str, content_type: str) -> str | None:
    """Say what a file is by its sender's word; None for a picture, and where that is open."""
    declared = content_type.split(";")[0].strip().lower()
    if declared in ("", "application/octet-stream"):
        declared = mimetypes.guess_type(name)[0] or ""
    return _APPLICATIONS.get(declared) or _KINDS.get(declared.split("/")[0])


def is_wanted(name: str, content_type: str, *, films: bool) -> bool:
    """Say whether a file may be a picture, or a video where films are painted."""
    return kind_by_name(name, content_type) in ((None, VIDEO) if films else (None,))


def kind_by_bytes(data: bytes) -> str | None:
    """Say what a file is by its first bytes; None for a picture, and where that is open."""
    if video_format(data):
        return VIDEO
    if data[:4] == b"RIFF" and data[8:12] != b"WEBP":
        return VIDEO if data[8:12] == b"AVI " else "a sound"
    return next((kind for begin, kind in _BEGINNINGS if data.startswith(begin)), None)


def not_a_picture(called: str, kind: str, why_still: str = "") -> str:
    """Say what a file is and what to send instead; of a video, why it is no film, where known."""
    if kind == VIDEO and why_still:
        return f"{called} is {kind}. {why_still}"
    instead = "a still from it, as " if kind == VIDEO else "a picture: "
    return f"{called} is {kind}, which cannot be painted. Send {instead}{READABLE_WORDS}."
