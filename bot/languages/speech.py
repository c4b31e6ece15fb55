"""What members read, in their language: `_`, `ngettext` and `pgettext`, and which language that is.

Templates are those of `str.format`: `_("{name} is painted.", name=name)`. English is in the code,
other languages in `messages/`. The language belongs to the task that runs, as a context variable
does: it is set where an interaction, a visitor or a job comes in.

A language is named as Discord names it ("pt-BR"); each catalogue is read when it is first spoken.
The context of `pgettext` is the place where a text stands, with its limit in `PLACES`. Emoji at the
start of a line decorate it, and are left out where a server wants few.
"""

import gettext
import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Self

from babel import Locale
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

ENGLISH = "en-US"
FOLDER = Path(__file__).with_name("messages")
# A new language is a line here; then `make translations` makes its catalogue.
FILES = {  # Discord's name -> catalogue
    "de": "de",
    "fr": "fr",
    "es-ES": "es",
    "es-419": "es",
    "pt-BR": "pt_BR",
    "ja": "ja",
}
LANGUAGES = (ENGLISH, *FILES)  # those that a server can choose
# by `add`, in place of a file
_added: dict[str, gettext.NullTranslations] = {}

PLACES = {  # context of pgettext -> the most characters that Discord takes there
    "command": 32,
    "option": 32,
    "description": 100,  # of a command or an option
    "choice": 100,
    "menu": 32,  # the name of a command in the menu of a message or a member
    "button": 80,
    "placeholder": 100,
    "title": 45,  # of a form
    "label": 45,  # of a field in a form, or of an option in a menu
    "hint": 100,  # below either
    "engine": 2000,  # what the engine says: the templates and nouns of `engine.errors.Sentence`
}

_language = ContextVar("language", default=ENGLISH)
_emoji = ContextVar("emoji", default=True)
_DECORATION = re.compile(r"^(?:[←-➿⬀-⯿\U0001f000-\U0001faff]\ufe0f?\s+)+", re.MULTILINE)


class Phrase(str):
    """A translated text that also carries its English, for the log."""

    english: str

    def __new__(cls, text: str, english: str) -> Self:
        """Make a phrase of a text and the same in English."""
        phrase = super().__new__(cls, text)
        phrase.english = english
        return phrase

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # str has one
        """Give the arguments of `__new__`, for copying and pickling."""
        return str(self), self.english


def speak(language: str) -> None:
    """Speak a language, by Discord's name, for the rest of this task."""
    _language.set(language)


def decorate(emoji: bool) -> None:
    """Switch decorative emoji of texts and buttons on or off, for the rest of this task."""
    _emoji.set(emoji)


@contextmanager
def speaking(language: str, *, emoji: bool = True) -> Iterator[None]:
    """Speak a language, by Discord's name, within the block; `emoji`: with decorative ones."""
    token, decoration = _language.set(language), _emoji.set(emoji)
    try:
        yield
    finally:
        _language.reset(token)
        _emoji.reset(decoration)


def in_every_language(write: Callable[[], str]) -> Iterator[str]:
    """Yield what `write` makes in each language, such as a line that identifies a message."""
    for language in LANGUAGES:
        with speaking(language):
            text = write()
        yield text


def spoken() -> str:
    """Give the language of this moment, by Discord's name."""
    return _language.get()


def is_decorated() -> bool:
    """Say whether texts and buttons have decorative emoji at this moment."""
    return _emoji.get()


def decorated(text: str) -> str:
    """Give a text without its decorative emoji, where a server wants few."""
    return text if _emoji.get() else _DECORATION.sub("", text)


def english(text: object) -> str:
    """Give the English of a phrase; any other text as it is."""
    return text.english if isinstance(text, Phrase) else str(text)


def _(message: str, /, **values: object) -> Phrase:
    """Translate a message, then fill in values."""
    return _filled(catalogue(spoken()).gettext(message), message, values)


def ngettext(one: str, many: str, n: int, /, **values: object) -> Phrase:
    """Translate a message with a number, which it can name as `{n}`."""
    template = catalogue(spoken()).ngettext(one, many, n)
    return _filled(template, one if n == 1 else many, {"n": n, **values})


def pgettext(place: str, message: str, /, **values: object) -> Phrase:
    """Translate a message for a place; see `PLACES`."""
    return _filled(catalogue(spoken()).pgettext(place, message), message, values)


def said(text: str) -> Phrase:
    """Translate what the engine says, such as a `Sentence` of `engine.errors`.

    What is in no catalogue stays as it is, in English. Only templates of the engine are filled,
    because workers send sentences too.
    """
    if isinstance(text, Phrase):
        return text
    plainly, wording = str(text), getattr(text, "wording", None)
    template = wording.template if wording is not None else plainly
    translated = catalogue(spoken()).pgettext("engine", template)
    if translated == template:
        return Phrase(plainly, plainly)
    if wording is None or not wording.values:
        return Phrase(translated, plainly)
    values = {name: _value(value) for name, value in wording.values.items()}
    try:
        return Phrase(translated.format(**values), plainly)
    except (LookupError, ValueError):  # values of another version
        return Phrase(plainly, plainly)


def joined(*sentences: str) -> Phrase:
    """Put whole sentences one after the other."""
    return Phrase(" ".join(sentences), " ".join(map(english, sentences)))


def command(name: str) -> Phrase:
    """Write a slash command, such as "queue show", as the member's client shows it."""
    parts = [pgettext("command", part) for part in name.split()]
    return Phrase(f"`/{' '.join(parts)}`", f"`/{name}`")


def number(value: float, digits: int = 0) -> str:
    """Write a number with exactly so many decimals, without separators of thousands."""
    pattern = "0." + "0" * digits if digits else "0"
    return format_decimal(value, pattern, locale(spoken()))


def option(name: str) -> Phrase:
    """Write the name of a command's option as the member's client shows it."""
    return pgettext("option", name)


def significant(value: float, digits: int) -> str:
    """Write a number with at most so many significant digits."""
    text = f"{value:.{digits}g}"
    if "e" in text:
        return text
    return number(float(text), len(text.partition(".")[2]))


def listed(parts: Iterable[str], style: str = "standard") -> str:
    """Join parts as in "a, b and c"; `style` "or" for "a, b or c"."""
    return format_list(list(parts), style, locale(spoken()))  # type: ignore[arg-type]


def _value(value: str | int | float) -> str:
    if isinstance(value, str):
        return said(value)
    if isinstance(value, int):
        return str(value)
    return format_decimal(value, "0.######", locale(spoken()))


def _filled(template: str, source: str, values: dict[str, object]) -> Phrase:
    template = decorated(template)
    if not values:
        return Phrase(template, source)
    plainly = {
        name: value.english if isinstance(value, Phrase) else value
        for name, value in values.items()
    }
    return Phrase(template.format(**values), source.format(**plainly))


def catalogue(language: str) -> gettext.NullTranslations:
    """Give the messages of a language; without a catalogue they are English."""
    return _added.get(language) or _read(FILES.get(language, ""))


def locale(language: str) -> Locale:
    """Give the rules by which a language writes numbers, dates and lists."""
    return Locale.parse(FILES.get(language, "en_GB"))


def add(language: str, messages: gettext.NullTranslations) -> None:
    """Speak a language that has no file here, or speak one differently."""
    _added[language] = messages


def remove(language: str) -> None:
    """Take back what `add` did."""
    _added.pop(language, None)


@cache
def _read(name: str) -> gettext.NullTranslations:
    path = FOLDER / f"{name}.po"
    if not name or not path.exists():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        messages = read_po(file, locale=name, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
