"""The buttons of a job: each is shown somewhere, has a face and a handler."""

from dataclasses import replace

from bot.jobs.model import JobState
from bot.muralize import buttons, card, outcome_card
from bot.muralize.button_handlers import HANDLERS
from bot.muralize.buttons import RESULT_ACTIONS, Action, face_of
from bot.web.links import Link
from tests.bot.muralize.test_card import JOB, RESULT


def test_every_button_has_a_handler() -> None:
    """No button of a job is without an emoji, a label and a handler."""
    assert all(all(face_of(action)) for action in Action)
    assert set(HANDLERS) == set(Action)


def test_every_button_is_shown() -> None:
    """Each action stands under a result, or on the card of a job in another state."""
    painted = replace(JOB, state=JobState.DONE, result=RESULT)
    copy = outcome_card.Copy(256, 192, 15_728_640, Link("https://murals.example/7.png", 99))
    cards = (
        card.waiting(JOB, None, 0.0),
        outcome_card.outcome(painted, copy),
        outcome_card.undeliverable(painted),
    )
    assert {action for shown in cards for action in shown.actions} == set(Action)


def test_custom_ids_fit() -> None:
    """Every button's id fits into Discord's 100 characters, whatever the job's number."""
    for action in Action:
        assert len(buttons.custom_id(2**63 - 1, action)) <= 100


async def test_buttons_are_in_rows_of_five() -> None:
    """The buttons of a result are laid out in rows, each with its job's id."""
    rows = buttons.view(7, RESULT_ACTIONS).to_components()
    assert [len(row["components"]) for row in rows] == [5, 3]
    assert rows[0]["components"][0]["custom_id"] == "job:7:again"
