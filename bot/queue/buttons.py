"""The buttons of `/queue show`; `bot/muralize/button_handlers.py` handles them."""

from collections.abc import Sequence

import discord

from bot.discord_io.components import view_of
from bot.jobs.model import Job
from bot.languages.speech import pgettext
from bot.muralize.buttons import Action, button

FETCHABLE = 5  # results; Discord takes five buttons in a row


def fetch_buttons(own: Sequence[Job]) -> discord.ui.View:
    """Offer the results that could not be delivered."""
    kept = [job for job in own if job.kept and job.result is not None][:FETCHABLE]
    return view_of(
        *(
            button(job.id, Action.FETCH, pgettext("button", "Show № {number} here", number=job.id))
            for job in kept
        )
    )
