"""A language in which a text that was translated can be told from one that was not."""

import gettext
import re
from collections.abc import Collection, Iterator

from bot.languages.speech import PLACES
from bot.simulator.model import Json

_FIELD = re.compile(r"(\{[^{}]*\})")
_LETTER = re.compile(r"[^\W\d_]")
_MARKED = re.compile(r"⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"[^\W\d_]{2,}")
_NAME = "zz"  # begins the names of commands and options, which take no brackets
# What is no word: Discord's times, mentions and emoji, addresses, files, and names of commands.
_MARKUP = re.compile(
    rf"<(?:t:|@|#|/|a?:)[^>]*>|https?://\S+|\S+\.(?:png|jpg|webp|mp4|json)\b|\b{_NAME}\w+"
)


class Pseudo(gettext.NullTranslations):
    """Puts ⟦brackets⟧ around the parts of a message that are not filled in later."""

    def gettext(self, message: str) -> str:
        """Mark a message."""
        return _marked(message, 2000)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Mark a message with a number."""
        return _marked(msgid1 if n == 1 else msgid2, 2000)

    def pgettext(self, context: str, message: str) -> str:
        """Mark a message for a place, within its limit."""
        most = PLACES.get(context, 2000)
        if context in ("command", "option"):
            return f"{_NAME}{message}"[:most]
        return _marked(message, most)


def _marked(message: str, most: int) -> str:
    parts = [
        f"⟦{part}⟧" if index % 2 == 0 and _LETTER.search(part) else part
        for index, part in enumerate(_FIELD.split(message))
    ]
    text = "".join(parts)
    return text if len(text) <= most else f"⟦{message[: most - 2]}⟧"


def unmarked(text: str, names: Collection[str] = ()) -> list[str]:
    """Give the words of a text that nobody translated and that are not `names`."""
    text = _MARKUP.sub(" ", text)
    for name in names:
        text = text.replace(name, " ")
    while _MARKED.search(text):
        text = _MARKED.sub(" ", text)
    return _WORD.findall(text)


def texts_of(data: object) -> Iterator[str]:
    """Give what members read of a message, form or list of choices, as Discord has it."""
    if isinstance(data, list):
        for item in data:
            yield from texts_of(item)
    elif isinstance(data, dict):
        yield from _own_texts(data)
        for key in ("embeds", "components", "component", "options", "fields", "author", "footer"):
            yield from texts_of(data.get(key))


def _own_texts(data: Json) -> Iterator[str]:
    for key in ("content", "title", "label", "placeholder", "description", "text", "name"):
        if isinstance(data.get(key), str):
            yield data[key]
