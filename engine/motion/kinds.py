"""What may be a moving picture, by its bytes alone. Free of Pillow and FFmpeg."""

# ISO/IEC 14496-12: after `ftyp`, the brands of pictures (HEIF and AVIF) among those of films
_PICTURE_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis", b"hevc")
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")  # that a film may begin with
_EBML = b"\x1aE\xdf\xa3"  # Matroska, WebM
_ANIMATED = 2  # a flag of WebP's VP8X chunk
_MARKS = {".gif": b"\x21\xf9\x04", ".webp": b"ANMF", ".png": b"fcTL"}  # that each frame has


def video_format(data: bytes) -> str:
    """Name FFmpeg's format of a video: "mov" (MP4 too) or "matroska" (WebM too); else empty.

    No other is tried: some are lists of addresses, which FFmpeg would open.
    """
    if data.startswith(_EBML):
        return "matroska"
    if data[4:8] in _BOXES and data[8:12] not in _PICTURE_BRANDS:
        return "mov"
    return ""


def animation_ending(data: bytes) -> str:
    """Give `.gif`, `.webp` or `.png` for a file that may be such an animation; else empty."""
    if data.startswith((b"GIF87a", b"GIF89a")):
        return ".gif"
    if data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8X" and data[20:21] and data[20] & _ANIMATED:
        return ".webp"
    if data.startswith(b"\x89PNG\r\n\x1a\n") and b"acTL" in data:
        return ".png"
    return ""


def frames_marked(data: bytes) -> int:
    """Count the marks that begin frames: those of an animation, and 1 at most where it is still."""
    ending = animation_ending(data)
    return data.count(_MARKS[ending]) if ending else 0


def film_ending(data: bytes) -> str:
    """Give `.mp4`, `.gif` or `.webp` for a film of ours; else another ending, or none."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":  # of equal frames it does not move
        return ".webp"
    return ".mp4" if data[4:8] == b"ftyp" else animation_ending(data)
