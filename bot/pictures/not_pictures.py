"""Recognises files that are not pictures, and words the refusal."""

import mimetypes

from bot.languages.speech import Phrase, _, joined, said
from engine.errors import READABLE_WORDS
from engine.motion.kinds import video_format

VIDEO, SOUND, TEXT, PDF, ARCHIVE, JSON, DOCUMENT = (
    "video",
    "sound",
    "text",
    "PDF",
    "archive",
    "JSON",
    "document",
)
_KINDS = {"video": VIDEO, "audio": SOUND, "text": TEXT}
_APPLICATIONS = {
    "application/pdf": PDF,
    "application/zip": ARCHIVE,
    "application/gzip": ARCHIVE,
    "application/x-tar": ARCHIVE,
    "application/x-7z-compressed": ARCHIVE,
    "application/json": JSON,
    "application/msword": DOCUMENT,
}
_BEGINNINGS = (
    (b"OggS", SOUND),
    (b"ID3", SOUND),
    (b"fLaC", SOUND),
    (b"%PDF-", PDF),
    (b"PK\x03\x04", ARCHIVE),
)


def kind_by_name(name: str, content_type: str) -> str | None:
    """Give the kind of a file by its declared type or name; None if it may be a picture."""
    declared = content_type.split(";")[0].strip().lower()
    if declared in ("", "application/octet-stream"):
        declared = mimetypes.guess_type(name)[0] or ""
    return _APPLICATIONS.get(declared) or _KINDS.get(declared.split("/")[0])


def is_wanted(name: str, content_type: str, *, films: bool) -> bool:
    """Say whether a file may be a picture, or a video where films are painted."""
    return kind_by_name(name, content_type) in ((None, VIDEO) if films else (None,))


def kind_by_bytes(data: bytes) -> str | None:
    """Give the kind of a file by its first bytes; None if it may be a picture."""
    if video_format(data):
        return VIDEO
    if data[:4] == b"RIFF" and data[8:12] != b"WEBP":
        return VIDEO if data[8:12] == b"AVI " else SOUND
    return next((kind for begin, kind in _BEGINNINGS if data.startswith(begin)), None)


def not_a_picture(called: str, kind: str, why_still: str = "") -> str:
    """Say what a file is and what to send instead.

    `why_still` is the reason why a video cannot be painted as a film here, where there is one.
    """
    if kind == VIDEO and why_still:
        return joined(_("{name} is a video.", name=called), why_still)
    formats = said(READABLE_WORDS)
    if kind == VIDEO:
        instead = _("Send a still from it, as {formats}.", formats=formats)
    else:
        instead = _("Send a picture: {formats}.", formats=formats)
    return joined(_what(called)[kind], instead)


def _what(name: str) -> dict[str, Phrase]:
    return {
        VIDEO: _("{name} is a video, which cannot be painted.", name=name),
        SOUND: _("{name} is a sound, which cannot be painted.", name=name),
        TEXT: _("{name} is a text, which cannot be painted.", name=name),
        PDF: _("{name} is a PDF, which cannot be painted.", name=name),
        ARCHIVE: _("{name} is an archive, which cannot be painted.", name=name),
        JSON: _("{name} is a JSON file, which cannot be painted.", name=name),
        DOCUMENT: _("{name} is a document, which cannot be painted.", name=name),
    }
