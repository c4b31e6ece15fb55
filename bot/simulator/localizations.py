"""Names and descriptions of commands in the languages of members' clients.

https://docs.discord.com/developers/interactions/application-commands#localization
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from bot.simulator.errors import invalid_form
from bot.simulator.model import Json

_LATIN = ("cs", "da", "de", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "hr", "hu", "it")
_MORE_LATIN = ("id", "lt", "nl", "no", "pl", "pt-BR", "ro", "sv-SE", "tr", "vi")
_OTHERS = ("ar", "bg", "el", "he", "hi", "ja", "ko", "ru", "th", "uk", "zh-CN", "zh-TW")
LOCALES = frozenset((*_LATIN, *_MORE_LATIN, *_OTHERS))
_TEXTS = ("name", "description")

Value = TypeVar("Value")


def name_in(locale: str, entry: Json) -> str:
    """The name of a command, option or choice that a client in `locale` shows."""
    return (entry.get("name_localizations") or {}).get(locale) or str(entry["name"])


def named(entries: Iterable[Json], text: str, locale: str) -> Json | None:
    """The first entry of this name, in `locale` or as it was registered."""
    return next((e for e in entries if text in (e["name"], name_in(locale, e))), None)


def untranslated(options: list[Json], typed: Mapping[str, Value], locale: str) -> dict[str, Value]:
    """What was typed, by the registered names of options."""
    found = {name: named(options, name, locale) for name in typed}
    return {(found[name] or {"name": name})["name"]: value for name, value in typed.items()}


def chosen_values(options: list[Json], texts: Mapping[str, str], locale: str) -> dict[str, str]:
    """Texts by the registered names of options, with the values of choices for their names."""
    values = untranslated(options, texts, locale)
    for option in options:
        name = option["name"]
        choice = named(option.get("choices") or [], values.get(name, ""), locale)
        if choice is not None:
            values[name] = str(choice["value"])
    return values


def locales_of(entry: Json) -> Iterator[tuple[str, str, str]]:
    """The localised texts of an entry: its field, the locale and the text.

    Raises `ApiError` 50035 for a locale that Discord has not.
    """
    for text in _TEXTS:
        field = f"{text}_localizations"
        for locale, given in (entry.get(field) or {}).items():
            if locale not in LOCALES:
                message = f'Value "{locale}" is not a valid enum value.'
                raise invalid_form(field, "ENUM_TYPE_COERCE", message)
            yield field, locale, given


def has_doubles(entries: list[Json]) -> bool:
    """Whether two of these have the same name in some language."""
    locales = {locale for entry in entries for _, locale, _ in locales_of(entry)}
    return any(
        len({name_in(locale, entry) for entry in entries}) < len(entries)
        for locale in (*locales, "en-US")
    )


def without_dictionaries(entry: Json) -> Json:
    """An entry as Discord lists it where localisations are not asked for."""
    kept = {key: value for key, value in entry.items() if not key.endswith("_localizations")}
    for key in ("options", "choices"):
        if key in kept:
            kept[key] = [without_dictionaries(inner) for inner in kept[key]]
    return kept
