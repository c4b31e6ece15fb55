"""What must hold for `engine.images` whatever bytes it is given; free of any fuzzer."""

from pathlib import Path

from engine.errors import ImageRejected
from engine.images import decode
from engine.picture_limits import PictureLimits
from engine.saving import encode_under

CORPUS = Path(__file__).parent / "corpus"
LIMITS = PictureLimits(max_bytes=2**20, max_pixels=1_000_000)
_MAX_UPLOAD = 10 * 2**20  # bytes, Discord's; a picture within LIMITS always fits


def check_images(data: bytes) -> bool:
    """Decode bytes and say whether they are a picture; raise AssertionError where a promise breaks.

    Bytes are a picture within LIMITS or an ImageRejected of one sentence. A picture is the same
    each time, so that none is made of memory that nobody wrote, and can be sent back.
    """
    try:
        picture = decode(data, LIMITS)
    except ImageRejected as error:
        sentence = str(error)
        assert sentence.startswith("The file ")
        assert sentence.endswith(".")
        assert sentence.isprintable(), "nothing of the file's bytes is in the sentence"
        return False
    assert picture.mode == "RGB"
    assert min(picture.size) >= LIMITS.min_side
    assert picture.width * picture.height <= LIMITS.max_pixels
    assert max(picture.size) <= LIMITS.max_aspect * min(picture.size)
    assert decode(data, LIMITS).tobytes() == picture.tobytes(), "decoded differently"
    assert len(encode_under(picture, _MAX_UPLOAD).data) <= _MAX_UPLOAD
    return True
