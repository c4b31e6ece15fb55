"""What a file says of its picture beside the pixels: colours, and which side is up."""

import io
import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from engine.color_space import CAMERA_CURVES, ColorSpace, from_cicp
from engine.png import MAX_PROFILE_BYTES, Png

# What Pillow raises on EXIF data that is not EXIF data.
_EXIF_FAULTS = (
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)
_SRGB = 13  # H.273's transfer; encoders of stills write a camera's and mean this one
_RGB_TYPES = (2, 6)  # PNG's colour types of RGB and RGBA


@dataclass(frozen=True)
class Description:
    """A picture's colours and orientation. A profile counts before a colour space."""

    color: ColorSpace | None = None
    icc_profile: bytes | None = field(default=None, repr=False)
    orientation: int = 1  # EXIF 2.32, tag 274

    @property
    def is_on_its_side(self) -> bool:
        """Whether the upright picture has width and height swapped."""
        return self.orientation >= 5


def describe(picture: Image.Image, data: bytes, png: Png | None) -> Description:
    """Describe a picture that was opened from `data`; a PNG is described by its own chunks."""
    if png is not None:
        return Description(png.color, png.icc_profile, _orientation(png.exif))
    profile = picture.info.get("icc_profile")
    if profile is not None and len(profile) > MAX_PROFILE_BYTES:
        profile = None
    color = None if profile else _nclx(picture, data)
    return Description(color, profile, _heif_orientation(picture, data))


def deep_pixels(picture: Image.Image, data: bytes, png: Png | None) -> NDArray[np.uint16] | None:
    """A picture's colours in 16 bits, (H, W, 3); None where it has 8, or they cannot be had.

    Pillow gives 8 bits of each. ffmpeg decodes PNG and AVIF instead, libheif HEIC.
    """
    if png is not None:
        header = png.header
        return _by_ffmpeg(png.file(), picture.size) if _is_deep_png(header) else None
    if picture.format == "AVIF":
        return _by_ffmpeg(data, picture.size)
    if picture.format == "HEIF":
        return _by_libheif(data, picture.size)
    return None


def _is_deep_png(header: bytes) -> bool:
    return header[8] == 16 and header[9] in _RGB_TYPES


def _by_ffmpeg(data: bytes, size: tuple[int, int]) -> NDArray[np.uint16] | None:
    import av

    try:
        with av.open(io.BytesIO(data), "r") as container:
            frame = next(container.decode(video=0))
            if (frame.width, frame.height) != size:  # such as one tile of many
                return None
            if max(part.bits for part in frame.format.components) <= 8:
                return None
            return np.asarray(frame.reformat(format="rgb48le").to_ndarray(), np.uint16)
    except (av.FFmpegError, StopIteration, ValueError):
        return None


def _by_libheif(data: bytes, size: tuple[int, int]) -> NDArray[np.uint16] | None:
    import pillow_heif

    try:
        heif = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
        if not heif.mode.endswith(";16") or heif.size != size:
            return None
        return np.asarray(heif)[..., :3]
    except Exception:  # noqa: BLE001 - a damaged file makes decoders raise whatever they please
        return None


def _nclx(picture: Image.Image, data: bytes) -> ColorSpace | None:
    """The colour space of an AVIF's or a HEIC's `colr` box (ISO/IEC 14496-12, 12.1.5)."""
    box = picture.info.get("nclx_profile")
    if picture.format == "AVIF":
        import pillow_heif

        try:
            box = pillow_heif.open_heif(io.BytesIO(data)).info.get("nclx_profile")
        except Exception:  # noqa: BLE001 - Pillow has read the file; libheif wants more of it
            return None
    if not box:
        return None
    transfer = box["transfer_characteristics"]
    return from_cicp(box["color_primaries"], _SRGB if transfer in CAMERA_CURVES else transfer)


def _heif_orientation(picture: Image.Image, data: bytes) -> int:
    """The orientation of EXIF; XMP's is ignored, as in browsers.

    HEIC turns pictures by `irot` and `imir` boxes (ISO/IEC 23008-12, 6.5.10 and 6.5.12) and wants
    EXIF's word ignored beside them, so pillow-heif erases it. Writers that only copy EXIF leave no
    box, and then EXIF alone knows.
    """
    exif = picture.info.get("exif")
    if picture.format != "HEIF":
        return _orientation(exif)
    if b"irot" in data or b"imir" in data or not _orientation(exif, absent=0):
        return 1
    return picture.info.get("original_orientation") or 1


def _orientation(exif: bytes | None, absent: int = 1) -> int:
    if not exif:
        return absent
    tags = Image.Exif()
    try:
        tags.load(exif)
        value = tags.get(ExifTags.Base.Orientation, absent)
    except _EXIF_FAULTS:
        return absent
    return value if isinstance(value, int) else absent
