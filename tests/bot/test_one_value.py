"""Settings and outcomes are carried whole: a new field of either reaches the engine and the store.

Between a command and the engine no module may copy single options, for each such place is one
where a new option is forgotten.
"""

import io
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as configure
from hypothesis import strategies as st

import bot
from bot.executors import pipe
from bot.executors.contract import PaintOrder
from bot.executors.nats import wire
from bot.jobs.model import JobResult, JobState
from bot.muralize.request import Request, from_json
from bot.people import Origin
from bot.pictures.model import UploadedFile
from bot.storage.database import Database
from engine.errors import Wording
from engine.presets import PRESETS
from engine.request import BRUSHES, FilmSettings, Losses, PaintOutcome, PaintSettings
from tests.bot.jobs.harness import PLENTY, JobHarness

NUMBERS = st.floats(0.1, 100.0)
INTEGERS = st.integers(1, 10_000)
WORDS = st.text("abc 123", min_size=1, max_size=20)
WORDINGS = st.builds(Wording, WORDS, st.dictionaries(WORDS, INTEGERS, max_size=2))
CURVES = st.lists(st.tuples(INTEGERS, NUMBERS), max_size=5).map(tuple)

SETTINGS_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "preset": st.sampled_from(list(PRESETS)),
    "size": st.integers(16, 16384),
    "steps": INTEGERS,
    "strength": NUMBERS,
    "keep_colors": st.booleans(),
    "fast": st.booleans(),
    "seed": st.integers(0, 2**31),
    "style_weights": st.tuples(NUMBERS, NUMBERS),
    "brush": st.sampled_from(BRUSHES),
    "keep_alpha": st.sampled_from([None, True, False]),
    "film": st.none() | st.builds(FilmSettings, st.integers(1, 72), st.floats(0.1, 6.0)),
}
OUTCOME_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "width": INTEGERS,
    "height": INTEGERS,
    "preset": WORDS,
    "steps": INTEGERS,
    "losses": st.builds(Losses, NUMBERS, NUMBERS, NUMBERS),
    "seconds": NUMBERS,
    "device": WORDS,
    "precision": WORDS,
    "weights": WORDS,
    "seed": INTEGERS,
    "repeated_steps": INTEGERS,
    "curve": CURVES,
    "scale_starts": st.lists(INTEGERS, max_size=5).map(tuple),
    "notes": st.lists(WORDS, max_size=3).map(tuple),
    "frames": st.integers(0, 36),
    "frames_asked": st.integers(36, 72),
    "wordings": st.lists(WORDINGS, max_size=3).map(tuple),
}
SETTINGS = st.builds(PaintSettings, **SETTINGS_FIELDS)
OUTCOMES = st.builds(PaintOutcome, **OUTCOME_FIELDS)

SECRET = "ab" * 32
ORIGIN = Origin(1, 2, 3, 4, "token", 5.0)
FILE = UploadedFile("The content picture", "https://cdn.example/1.png", 10)


def test_the_examples_here_choose_every_field() -> None:
    """A field that is added must be added to the strategies above, or the tests prove less."""
    assert SETTINGS_FIELDS.keys() == {field.name for field in fields(PaintSettings)}
    assert OUTCOME_FIELDS.keys() == {field.name for field in fields(PaintOutcome)}


@configure(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(settings=SETTINGS, outcome=OUTCOMES)
async def test_the_store_keeps_every_field(
    database: Database, tmp_path: Path, settings: PaintSettings, outcome: PaintOutcome
) -> None:
    """A job is read back from the database with the settings and the outcome it was given."""
    harness = JobHarness(database, tmp_path / "pictures", first_interaction=next(NUMBERED))
    await harness.pictures.open()
    job = await harness.service.submit(harness.origin(), await harness.sources(), settings, PLENTY)
    await harness.claim()
    result = JobResult(await harness.pictures.put(b"painting"), outcome)
    await harness.service.painted(job.id, result)

    found = await harness.service.get(job.id)

    assert found is not None
    assert (found.state, found.settings, found.result) == (JobState.DELIVERING, settings, result)


NUMBERED = iter(range(1000, 10**6, 10))


@given(SETTINGS)
def test_a_request_keeps_every_field(settings: PaintSettings) -> None:
    """What a member asked for is read back whole after a crash."""
    request = Request(ORIGIN, FILE, None, "waves", settings, mask=FILE)

    assert from_json(json.loads(json.dumps(request.to_json()))) == request


@given(SETTINGS, OUTCOMES)
def test_the_wire_keeps_every_field(settings: PaintSettings, outcome: PaintOutcome) -> None:
    """A worker is sent all settings, and the bot all that the worker says of its painting."""
    order = wire.Order(
        "key", "run", 1, settings, styles=2, mask=True, timelapse=False, secret=SECRET
    )
    ended = wire.Outcome("key", "worker", "painted", painted=outcome)

    assert wire.decode(wire.Order, wire.encode(order)) == order
    read = wire.decode(wire.Outcome, wire.encode(ended)).painted
    assert read is not None
    for name, value in vars(outcome).items():
        assert getattr(read, name) == (" ".join(value.split()) if isinstance(value, str) else value)


@given(SETTINGS)
def test_the_pipe_keeps_every_field(settings: PaintSettings) -> None:
    """An engine process is sent all settings."""
    order = PaintOrder(1, settings, Path("content"), (Path("style"),), Path("result"))

    read = io.BytesIO(pipe.encode(pipe.Paint(order))).read
    assert pipe.decode(read, pipe.TO_ENGINE) == pipe.Paint(order)


def test_an_order_with_an_unknown_option_is_not_painted_without_it() -> None:
    """A worker that is older than the bot leaves such an order to another."""
    order = wire.Order(
        "key", "run", 1, PaintSettings(), styles=1, mask=False, timelapse=False, secret=SECRET
    )
    values = json.loads(wire.encode(order))
    values["settings"]["glitter"] = True

    with pytest.raises(wire.UNREADABLE):
        wire.decode(wire.Order, json.dumps(values).encode())


@pytest.mark.parametrize("option", ["keep_colors", "brush", "style_weights"])
@pytest.mark.parametrize("folder", ["executors", "jobs", "pictures", "queue", "web"])
def test_no_module_on_the_way_names_an_option(option: str, folder: str) -> None:
    """Only its definition, its commands, its card and the engine know an option by its name."""
    root = Path(bot.__file__).parent
    knowing = [file.name for file in (root / folder).rglob("*.py") if option in words(file)]
    assert knowing == []


def words(file: Path) -> set[str]:
    """The names in a module."""
    text = file.read_text()
    return set("".join(letter if letter.isidentifier() else " " for letter in text).split())
