"""The card of a job, made from the job's data alone."""

from dataclasses import replace

import pytest

from bot.executors.contract import PaintProgress
from bot.jobs.model import DeliveryState, Job, JobResult, JobState, Place, Sources
from bot.muralize import card, outcome_card
from bot.people import Origin
from bot.web.links import Link
from engine.request import Losses, PaintSettings
from tests.bot.outcomes import OUTCOME

JOB = Job(
    id=7,
    state=JobState.QUEUED,
    origin=Origin(1, 2, 42, 3, "token", 900.0, member_name="Ann_a"),
    sources=Sources("0" * 64, ("1" * 64,)),
    settings=PaintSettings(size=512, steps=300),
    delivery=DeliveryState(nonce="n"),
    predicted_seconds=10.0,
    created_at=0.0,
)
RESULT = JobResult(
    "2" * 64,
    replace(
        OUTCOME,
        width=512,
        height=384,
        losses=Losses(total=1853.2041, content=1000.0, style=853.2041),
        seconds=12.34,
    ),
)


def test_waiting_shows_position_and_times() -> None:
    """A queued job shows its position and Discord's own countdown to its turn and its end."""
    shown = card.waiting(JOB, Place(7, 3, 60.4, 75.0), now=1000.0)
    assert "number 3 in line" in shown.text
    assert "starts <t:1060:R>" in shown.text
    assert "ready <t:1075:R>" in shown.text
    assert shown.actions == ("cancel",)
    assert "time-lapse" not in shown.text
    assert "with time-lapse" in card.waiting(replace(JOB, timelapse=True), None, now=0.0).text
    assert "next in line" in card.waiting(JOB, Place(7, 1, 1.0, 2.0), now=0.0).text
    paused = card.waiting(JOB, Place(7, 3, 60.4, 75.0), now=1000.0, paused=True).text
    assert "number 3 in line · no painter is available just now\n" in paused
    assert "<t:" not in paused


def test_painting_shows_progress() -> None:
    """A painting shows a bar, its step, its loss and when it is ready."""
    progress = PaintProgress(7, 75, 300, 2500.5, 2000.0, 500.5, 3.0, 9.0)
    shown = card.painting(replace(JOB, state=JobState.PAINTING), progress, now=1000.0)
    assert "█" * 5 + "░" * 15 in shown.text
    assert "25%" in shown.text
    assert "Step 75 of 300 · loss **2500.5** · ready <t:1009:R>" in shown.text
    assert shown.actions == ("cancel",)


def test_a_cancelled_painting_says_that_it_stops() -> None:
    """Once somebody asked for that, the card says so and cannot be cancelled again."""
    shown = card.painting(replace(JOB, state=JobState.PAINTING, cancelled_by=42), None, now=0.0)
    assert "Stopping" in shown.text
    assert shown.actions == ()


def test_outcome_shows_how_it_was_made() -> None:
    """The result shows the final loss, preset, size, steps, seconds, weights, and the buttons."""
    job = replace(JOB, state=JobState.DELIVERING, result=RESULT)
    shown = outcome_card.outcome(job)
    assert "for Ann\\_a\n" in shown.text
    assert "Final loss **1853.2**" in shown.text
    for part in ("mural", "512x384", "300 steps", "12.3 s", "bundled VGG-19"):
        assert part in shown.text
    assert shown.actions == (
        *("again", "stronger", "softer", "larger", "curve", "timelapse", "enter", "delete"),
    )


def test_options_that_are_not_usual_are_shown() -> None:
    """Strength, brush, colour keeping and mask are only mentioned where they were asked for."""
    settings = replace(JOB.settings, strength=1.5, keep_colors=True, brush="bold")
    job = replace(JOB, settings=settings, sources=replace(JOB.sources, mask="3" * 64))
    shown = card.waiting(job, None, 0).text
    assert "mural · 512 px · strength 1.5 · bold brush · colours kept · masked · for" in shown
    assert "mural · 512 px · for" in card.waiting(JOB, None, 0).text


def test_a_style_name_cannot_format_or_ping() -> None:
    """The name of a style is shown as it is written, whatever is in it."""
    sources = replace(JOB.sources, style_name="**@everyone** <@123456789012345678>")
    shown = outcome_card.outcome(replace(JOB, sources=sources, state=JobState.DONE, result=RESULT))
    assert "**@everyone**" not in shown.text
    assert "@everyone" not in shown.text
    assert "<@123456789012345678>" not in shown.text


def test_failures_say_why() -> None:
    """A failed job shows its reason, a cancelled one "by a moderator"; both can be deleted.

    Where their pictures are kept they can be painted again, too.
    """
    failed = outcome_card.outcome(replace(JOB, state=JobState.FAILED, failure="The disk is full."))
    assert "The disk is full." in failed.text
    own = outcome_card.outcome(replace(JOB, state=JobState.CANCELLED, cancelled_by=42))
    assert "moderator" not in own.text
    other = outcome_card.outcome(replace(JOB, state=JobState.CANCELLED, cancelled_by=43))
    assert "by a moderator" in other.text
    assert failed.actions == own.actions == ("delete",)
    assert outcome_card.outcome(replace(JOB, state=JobState.FAILED), again=True).actions == (
        *("again", "delete"),
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(1853.2041, "1853.2"), (0.0123456789, "0.0123457"), (123456.7, "123457"), (5.0, "5")],
)
def test_losses_are_written_for_people(value: float, text: str) -> None:
    """A loss has six significant digits and no separators."""
    assert card.loss(value) == text


@pytest.mark.parametrize(
    ("copy", "said"),
    [
        (
            outcome_card.Copy(256, 192, 15_728_640, None),
            "a smaller copy, 256x192: the file of 15.0 MiB is",
        ),
        (
            outcome_card.Copy(512, 384, 15_728_640, None),
            "a compressed copy: the file of 15.0 MiB is",
        ),
    ],
)
def test_a_copy_is_called_one(copy: outcome_card.Copy, said: str) -> None:
    """Where Discord does not take the file, the card says what it has; with a link, if there is."""
    job = replace(JOB, state=JobState.DELIVERING, result=RESULT)
    assert "512x384" in outcome_card.outcome(job, copy).text
    assert said in outcome_card.outcome(job, copy).text
    assert "full" not in outcome_card.outcome(job, copy).actions
    link = Link("https://murals.example/paintings/7.png?expires=99", 99)
    linked = outcome_card.outcome(job, replace(copy, link=link))
    assert f"[The full file](<{link.url}>) can be opened until <t:99:f>." in linked.text
    assert "full" in linked.actions
    assert "copy" not in outcome_card.outcome(job).text
