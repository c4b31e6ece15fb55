"""What sentences say of pictures: formats, and numbers as people write them."""

from engine.errors import Sentence, Value

READABLE_WORDS = Sentence("JPEG, PNG, WebP, AVIF, GIF or HEIC")  # the formats, for people


def short(value: float) -> Value:
    """Give a number as sentences have it: whole, or with one decimal."""
    return round(value) if value == round(value) else round(value, 1)
