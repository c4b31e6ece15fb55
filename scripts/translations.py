"""Bring the catalogues of all languages up to date with the code.

    python scripts/translations.py

Collects every message that members and visitors read and adds those that a catalogue lacks, without
a translation, so that the tests name them. What no longer exists is taken out. A new language is a
line in `FILES` of `bot/languages/speech.py`.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po
from discord import Locale, app_commands

from bot.app.composition import App
from bot.discord_io.command_translator import CommandNames, place_of
from bot.executors.local import LocalExecutor
from bot.languages.speech import FILES, FOLDER
from bot.settings import Settings
from engine.errors import (
    ImageRejected,
    OutOfMemory,
    PaintingFailed,
    RequestRejected,
    Sentence,
)

ROOT = Path(__file__).parents[1]
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
TYPE = "text/plain; charset=utf-8"
KEYWORDS = {name: DEFAULT_KEYWORDS[name] for name in ("_", "ngettext", "pgettext")}
# What the engine tells members, in a context of its own; errors that hosts read are no part of it.
SAID = {
    error.__name__: None
    for error in (Sentence, ImageRejected, OutOfMemory, PaintingFailed, RequestRejected)
}
HOSTS = [("commands/**.py", "ignore"), ("device.py", "ignore"), ("pretraining/**.py", "ignore")]


class _Collector(CommandNames):
    """Takes down what discord.py wants translated."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], None] = {}

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: Locale,
        context: app_commands.TranslationContextTypes,
    ) -> None:
        self.texts[place_of(context), string.message] = None


def collected() -> Catalog:
    """Collect all messages, in the order of the files."""
    messages = Catalog(charset="utf-8")
    for folder, methods, keywords, context in (
        ("bot", METHODS, KEYWORDS, None),
        ("bot", METHODS, SAID, "engine"),
        ("engine", [*HOSTS, *METHODS], SAID, "engine"),
    ):
        for file, _line, message, _comments, place in extract_from_dir(
            ROOT / folder, methods, keywords=keywords, strip_comment_tags=True
        ):
            # without a line number, which would change with every edit of the file
            where: list[tuple[str, Any]] = [(f"{folder}/{file}", None)]
            messages.add(message, locations=where, context=place or context)
    for place, text in asyncio.run(_of_commands()):
        messages.add(text, context=place)
    return messages


async def _of_commands() -> list[tuple[str, str]]:
    """Collect the names and descriptions of all commands, as a bot registers them."""
    with tempfile.TemporaryDirectory() as folder:
        tree = App(Settings(data_dir=Path(folder)), LocalExecutor([])).client.tree
        collector = _Collector()
        for command in tree.get_commands():
            await command.get_translated_payload(tree, collector)
    return list(collector.texts)


def update(name: str, messages: Catalog) -> None:
    """Bring one catalogue up to date."""
    path = FOLDER / f"{name}.po"
    catalogue = Catalog(locale=name, charset="utf-8")
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=name)
    catalogue.update(messages, no_fuzzy_matching=True, keep_user_comments=False)
    catalogue.obsolete.clear()
    header = {"Language": name, "Plural-Forms": catalogue.plural_forms, "Content-Type": TYPE}
    lines = "".join(f'"{key}: {value}\\n"\n' for key, value in header.items())
    with path.open("wb") as file:
        file.write(f'msgid ""\nmsgstr ""\n{lines}\n'.encode())
        write_po(file, catalogue, width=100, omit_header=True)


if __name__ == "__main__":
    found = collected()
    for language in dict.fromkeys(FILES.values()):
        update(language, found)
