"""The catalogues of translations: complete, and fit for their places."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po

from bot.app.composition import App
from bot.discord_io.command_translator import CommandNames
from bot.executors.local import LocalExecutor
from bot.languages.speech import FILES, FOLDER, PLACES
from bot.settings import Settings
from bot.simulator import Simulator
from scripts.translations import collected

ROOT = Path(__file__).parents[3]
LONGEST = 1900  # characters of a message, without what is filled in; Discord takes 2000
NAMES = re.compile(r"[-_'\w]{1,32}")  # of commands and options, without capitals
FIELD = re.compile(r"\{[^{}]*\}")
MARKS = ("**", "__", "~~", "||", "`", "*")  # of Discord's Markdown, longer ones first
EMOJI = re.compile(r"[←-⏿①-➿⬀-⯿\U0001f000-\U0001faff]\ufe0f?")

# What is the same in some language, since it is a name, a number or a word of many languages.
ALIKE = {
    *("Mural", "Muralscape", "JPEG", "PNG", "mural", "muralize", "Draft", "draft", "Gatys"),
    *("gatys", "Seed", "seed", "Album", "Format", "Server", "server", "Name", "name", "Emoji"),
    *("Status", "status", "Text", "Link", "Links", "Mask", "Alt", "Frames", "Film", "Info"),
    *(
        "Preset",
        "preset",
        "{minutes} min",
        "{pixels} px",
        "Style",
        "styles",
        "**{setting}**: no",
        "Time-lapse",
    ),
    *("Time-lapse: {painting}", "Sticker {name}", "sticker {name}", "Emoji {name}", "emoji {name}"),
    *("Privacy", "Limits", "Limits…", "Mural № {number}", "-# Mural № {number}", "style"),
}

every = pytest.mark.parametrize("name", dict.fromkeys(FILES.values()))


@cache
def source() -> Catalog:
    """Collect all messages of the code."""
    return collected()


@cache
def catalogue(name: str) -> Catalog:
    """Read a catalogue."""
    with (FOLDER / f"{name}.po").open("rb") as file:
        return read_po(file, locale=name, abort_invalid=True)


def key(message: Message) -> tuple[str, str, str]:
    """Give the context, the text, and the text of the plural."""
    one, many = message.id if isinstance(message.id, list | tuple) else (message.id, "")
    return message.context or "", str(one), str(many)


def texts(message: Message) -> list[str]:
    """Give the translation, one text for each plural form."""
    given = message.string if isinstance(message.string, list | tuple) else [message.string]
    return [str(text or "") for text in given]


def entries(name: str) -> dict[tuple[str, str, str], Message]:
    """Give the messages of a catalogue."""
    return {key(message): message for message in catalogue(name) if message.id}


def pairs(name: str) -> list[tuple[str, str, str]]:
    """Give the place, the source and the translation of each text, plurals one by one."""
    found = []
    for (place, one, many), message in entries(name).items():
        *few, last = texts(message)
        found += [(place, one, text) for text in few]
        found.append((place, many or one, last))
    return found


def report(faults: list[str]) -> str:
    """Name the first faults."""
    return "\n".join(faults[:20])


@every
def test_up_to_date(name: str) -> None:
    """A catalogue has the messages of the code and no others: see `make translations`."""
    here, wanted = entries(name), {key(message) for message in source() if message.id}
    assert not catalogue(name).obsolete
    assert set(here) - wanted == set()
    assert wanted - set(here) == set()


@every
def test_complete(name: str) -> None:
    """Every message has a translation that nobody doubts, with every plural of the language."""
    faults = []
    for wanted, message in entries(name).items():
        given = texts(message)
        count = catalogue(name).num_plurals if message.pluralizable else 1
        if message.fuzzy or len(given) != count or not all(given):
            faults.append(str(wanted))
    assert not faults, report(faults)


@every
def test_what_is_filled_in(name: str) -> None:
    """A translation has the fields of its source and no others; one alone may leave `{n}` out."""
    faults = []
    for (place, one, many), message in entries(name).items():
        wanted = set(FIELD.findall(f"{one} {many}"))
        *few, last = (set(FIELD.findall(text)) for text in texts(message))
        if last != wanted or not all(wanted - {"{n}"} <= given <= wanted for given in few):
            faults.append(f"{place} {one!r}: {texts(message)}")
    assert not faults, report(faults)


def outline(text: str) -> tuple[object, ...]:
    """Give what a translation must have as its source: ends, lines, emoji and marks."""
    rest, marks = FIELD.sub("", text), []
    for mark in MARKS:
        marks.append(rest.count(mark) % 2)
        rest = rest.replace(mark, "")
    ends = (text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :])
    prefix = re.findall(r"^(?:-# |> |#+ )", text, re.MULTILINE)
    return ends, text.count("\n"), EMOJI.findall(text), prefix, marks


@every
def test_the_form_stays(name: str) -> None:
    """White space at the ends, lines, emoji, small print and Markdown are those of the source."""
    faults = [
        f"{place} {one!r}: {text!r}"
        for place, one, text in pairs(name)
        if outline(one) != outline(text)
    ]
    assert not faults, report(faults)


@every
def test_each_fits_its_place(name: str) -> None:
    """No text is longer than Discord takes; what is filled in has room where the source has."""
    faults = []
    for place, one, text in pairs(name):
        most = PLACES.get(place, LONGEST)
        room = max(0, max(len(FIELD.sub("", one)), most) - most)
        fields = 8 * len(FIELD.findall(text)) if place in PLACES else 0
        if len(FIELD.sub("", text)) + fields > most + room:
            faults.append(f"{place} {one!r}: {len(text)} characters: {text!r}")
        if place in ("command", "option") and (not NAMES.fullmatch(text) or text != text.lower()):
            faults.append(f"{place} {one!r}: {text!r} is no name")
    assert not faults, report(faults)


@every
def test_nothing_is_left_in_english(name: str) -> None:
    """A translation that equals its source is a name, or on the list of words that are alike."""
    faults = [
        f"{place} {one!r}"
        for place, one, text in pairs(name)
        if text == one and re.search(r"[^\W\d_]{2,}", FIELD.sub("", one)) and one not in ALIKE
    ]
    assert not faults, report(faults)


async def test_discord_takes_the_commands(simulator: Simulator, tmp_path: Path) -> None:
    """In every language, names and descriptions of commands fit, and names are unique."""
    tree = App(Settings(data_dir=tmp_path), LocalExecutor([])).client.tree
    names = CommandNames()
    commands = [await one.get_translated_payload(tree, names) for one in tree.get_commands()]
    simulator.commands.replace_all(None, commands)  # raises what Discord would answer


def test_all_messages_are_collected() -> None:
    """No message stands inside an f-string, where Babel does not look on Python 3.11."""
    known = {message.id for message in source() if isinstance(message.id, str)}
    hidden = []
    for folder in ("bot", "engine"):
        for file in (ROOT / folder).rglob("*.py"):
            for outer in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(outer, ast.JoinedStr):
                    hidden += [
                        f"{file}:{call.lineno}"
                        for call in ast.walk(outer)
                        if isinstance(call, ast.Call)
                        and isinstance(call.func, ast.Name)
                        and call.func.id in ("_", "ngettext", "pgettext")
                        and _value(call) not in known
                    ]
    assert hidden == []


def _value(call: ast.Call) -> object:
    """Give the message of a call of `_` or `pgettext`."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    said = call.args[1] if name == "pgettext" else call.args[0]
    return said.value if isinstance(said, ast.Constant) else None
