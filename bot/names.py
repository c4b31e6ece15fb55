"""Checks the names that members give to styles, challenges and murals."""

import unicodedata

from bot.errors import NameRejected
from bot.languages.speech import _
from bot.texts import LONGEST_TEXT, clean


def cleaned_name(text: str, what: str, longest: int) -> str:
    """Clean a name of at most `longest` characters; error messages begin with `what`, translated.

    Raises NameRejected where the name is too long, or has nothing readable left.
    """
    if len(text) > LONGEST_TEXT:
        raise _too_long(text, what, longest)
    name = clean(text)
    if not any(unicodedata.category(letter)[0] in "LNS" for letter in name):
        raise NameRejected(_("{what} needs at least one letter, number or emoji.", what=what))
    if len(name) > longest:
        raise _too_long(name, what, longest)
    return name


def _too_long(name: str, what: str, longest: int) -> NameRejected:
    return NameRejected(
        _(
            "{what} may have at most {longest} characters; this one has {length}.",
            what=what,
            longest=longest,
            length=len(name),
        )
    )
