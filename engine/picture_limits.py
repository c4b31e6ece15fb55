"""What a picture may be, and how much its decoding may cost: plain values, free of Pillow.

`check_size` of `engine.images` holds pictures to them. Those of uploads are the host's settings.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PictureLimits:
    """What a picture may be. All but `max_bytes` is checked on the header, before decoding."""

    max_bytes: int = 32 * 2**20
    max_pixels: int = 50_000_000
    min_side: int = 16  # pixels; VGG-19 halves a picture four times before its last tap
    max_aspect: int = 16  # long side over short side; a thinner strip has no shapes to paint


DEFAULT_LIMITS = PictureLimits()
# For the project's own pictures, to which the limits of uploads do not apply.
OWN_LIMITS = PictureLimits(max_bytes=2**31, max_pixels=2**30, min_side=1, max_aspect=2**16)


@dataclass(frozen=True)
class Effort:
    """How much a decoding child may spend on one picture before it is ended.

    Its memory, beside what it has when it is idle, is `base_bytes` and `bytes_per_pixel` for each
    pixel that the header promises.
    """

    cpu_seconds: int = 4  # of all its threads
    wall_seconds: float = 4.5
    base_bytes: int = 192 * 2**20
    bytes_per_pixel: int = 12  # a decoder's own buffers, Pillow's picture, one copy in sRGB


UPLOAD_EFFORT = Effort()
# For pictures that were checked before, and for those of the person at the command line: decoding
# costs more than checking, which makes JPEGs at 1/8 scale and converts the colours of a corner.
FULL_EFFORT = Effort(cpu_seconds=20, wall_seconds=60.0, bytes_per_pixel=24)
# For films: those of uploads are decoded frame by frame; of those that are painted all frames are
# held at once.
CLIP_EFFORT = Effort(cpu_seconds=8, wall_seconds=12.0, bytes_per_pixel=24)
FILM_EFFORT = Effort(cpu_seconds=40, wall_seconds=90.0, base_bytes=768 * 2**20, bytes_per_pixel=24)
# For encoding a painting, which may be far larger than an upload, in one format after the other.
ENCODING_EFFORT = Effort(cpu_seconds=300, wall_seconds=600.0, bytes_per_pixel=32)
