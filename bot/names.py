"""Checks the names that members give to styles, challenges and murals."""

import unicodedata

from bot.errors import NameRejected
from bot.texts import LONGEST_TEXT, clean


def cleaned_name(text: str, what: str, longest: int) -> str:
    """Clean a name of at most `longest` characters; error messages call it `what`.

    Raises NameRejected where the name is too long, or has nothing readable left.
    """
    if len(text) > LONGEST_TEXT:
        raise NameRejected(
            f"{what} may have at most {longest} characters; this one has {len(text)}."
        )
    name = clean(text)
    if not any(unicodedata.category(letter)[0] in "LNS" for letter in name):
        raise NameRejected(f"{what} needs at least one letter, number or emoji.")
    if len(name) > longest:
        raise NameRejected(
            f"{what} may have at most {longest} characters; this one has {len(name)}."
        )
    return name
