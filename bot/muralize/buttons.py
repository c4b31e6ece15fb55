"""The buttons of a job: which there are, their emoji and labels, and which stand under a result."""

from collections.abc import Collection, Sequence
from enum import StrEnum

import discord

from bot.discord_io.components import AnyItem, view_of
from bot.guilds.model import Switch
from bot.jobs.model import Job
from bot.languages.speech import pgettext
from bot.people import OUTSIDE

FEATURE = "job"  # the first part of a custom id


class Action(StrEnum):
    """A button of a job. `HANDLERS` of `button_handlers.py` has a handler for each."""

    AGAIN = "again"
    STRONGER = "stronger"
    SOFTER = "softer"
    LARGER = "larger"
    CURVE = "curve"
    TIMELAPSE = "timelapse"
    ENTER = "enter"
    DELETE = "delete"
    CANCEL = "cancel"
    FETCH = "fetch"
    FULL = "full"


RESULT_ACTIONS = (  # under a finished painting, in this order
    Action.AGAIN,
    Action.STRONGER,
    Action.SOFTER,
    Action.LARGER,
    Action.CURVE,
    Action.TIMELAPSE,
    Action.ENTER,
    Action.DELETE,
)


def face_of(action: Action) -> tuple[str, str]:
    """Give the emoji and the label of an action's button."""
    return {
        Action.AGAIN: ("🔁", pgettext("button", "Again")),
        Action.STRONGER: ("⏫", pgettext("button", "Stronger")),
        Action.SOFTER: ("⏬", pgettext("button", "Softer")),
        Action.LARGER: ("🔍", pgettext("button", "Larger")),
        Action.CURVE: ("📉", pgettext("button", "Loss curve")),
        Action.TIMELAPSE: ("🎞️", pgettext("button", "Time-lapse")),
        Action.ENTER: ("🏁", pgettext("button", "Enter the challenge")),
        Action.DELETE: ("🗑️", pgettext("button", "Delete")),
        Action.CANCEL: ("✖️", pgettext("button", "Cancel")),
        Action.FETCH: ("📬", pgettext("button", "Show it here")),
        Action.FULL: ("💾", pgettext("button", "Full file")),
    }[action]


def under_result(job: Job, *, film: bool) -> tuple[Action, ...]:
    """Give the actions of a finished painting, or of a film."""
    left_out: set[Action] = set()
    if film:  # it has neither one loss nor steps to film
        left_out |= {Action.CURVE, Action.TIMELAPSE}
    if job.origin.guild_id == OUTSIDE:  # challenges are held in servers
        left_out.add(Action.ENTER)
    return tuple(action for action in RESULT_ACTIONS if action not in left_out)


def still_on(actions: Sequence[Action], switched_off: Collection[str]) -> tuple[Action, ...]:
    """Leave out the actions of features that a server has switched off."""
    if Switch.PAINTING in switched_off:
        return ()
    if Switch.CHALLENGES in switched_off:
        return tuple(action for action in actions if action is not Action.ENTER)
    return tuple(actions)


def custom_id(job_id: int, action: str) -> str:
    """Make the custom id of a job's button, at most Discord's 100 characters."""
    return f"{FEATURE}:{job_id}:{action}"


def button(job_id: int, action: Action, label: str | None = None) -> AnyItem:
    """Make a button of a job, with another label than usual where one is given."""
    emoji, usual = face_of(action)
    dangerous = action in (Action.DELETE, Action.CANCEL)
    return discord.ui.Button[discord.ui.View](
        label=label or usual,
        emoji=emoji,
        style=discord.ButtonStyle.danger if dangerous else discord.ButtonStyle.secondary,
        custom_id=custom_id(job_id, action),
    )


def view(job_id: int, actions: Sequence[Action]) -> discord.ui.View:
    """Lay out the buttons of a card."""
    return view_of(*(button(job_id, action) for action in actions))
