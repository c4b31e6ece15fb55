"""What a file is that is not a picture, for the sentence that its sender reads."""

import mimetypes

from engine.picture_limits import READABLE_WORDS

_KINDS = {"video": "a video", "audio": "a sound", "text": "a text"}
_APPLICATIONS = {
    "application/pdf": "a PDF",
    "application/zip": "an archive",
    "application/gzip": "an archive",
    "application/x-tar": "an archive",
    "application/x-7z-compressed": "an archive",
    "application/json": "a JSON file",
    "application/msword": "a document",
}
# ISO/IEC 14496-12: after `ftyp`, the brands of pictures (HEIF and AVIF) among those of films
_PICTURE_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis", b"hevc")
_BEGINNINGS = (
    (b"\x1aE\xdf\xa3", "a video"),  # Matroska, WebM
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


def kind_by_bytes(data: bytes) -> str | None:
    """Say what a file is by its first bytes; None for a picture, and where that is open."""
    if data[4:8] == b"ftyp":
        return None if data[8:12] in _PICTURE_BRANDS else "a video"
    if data[:4] == b"RIFF" and data[8:12] != b"WEBP":
        return "a video" if data[8:12] == b"AVI " else "a sound"
    return next((kind for begin, kind in _BEGINNINGS if data.startswith(begin)), None)


def not_a_picture(called: str, kind: str) -> str:
    """Say what a file is and what to send instead."""
    instead = "a still from it, as " if kind == "a video" else "a picture: "
    return f"{called} is {kind}, which cannot be painted. Send {instead}{READABLE_WORDS}."
