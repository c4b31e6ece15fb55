"""The card of a job: one message, from waiting in line to the finished painting."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import discord

from bot.discord_io.components import AnyItem, view_of
from bot.discord_io.escaping import name_of, plain
from bot.executors.contract import PaintProgress
from bot.guilds.model import Switch
from bot.jobs.model import NOBODY, Job, JobResult, JobState, Place
from bot.people import OUTSIDE
from bot.web.links import Link
from engine.request import PaintOutcome

BAR_LENGTH = 20  # characters

FEATURE = "job"  # the first part of a custom id


class Action(StrEnum):
    """A button of a job. `buttons.py` has a handler for each."""

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


ACTIONS = {  # emoji and label
    Action.AGAIN: ("🔁", "Again"),
    Action.STRONGER: ("⏫", "Stronger"),
    Action.SOFTER: ("⏬", "Softer"),
    Action.LARGER: ("🔍", "Larger"),
    Action.CURVE: ("📉", "Loss curve"),
    Action.TIMELAPSE: ("🎞️", "Time-lapse"),
    Action.ENTER: ("🏁", "Enter the challenge"),
    Action.DELETE: ("🗑️", "Delete"),
    Action.CANCEL: ("✖️", "Cancel"),
    Action.FETCH: ("📬", "Show it here"),
    Action.FULL: ("💾", "Full file"),
}
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


def custom_id(job_id: int, action: str) -> str:
    """Make the custom id of a job's button, at most Discord's 100 characters."""
    return f"{FEATURE}:{job_id}:{action}"


@dataclass(frozen=True)
class Card:
    """A message's text and the actions on its buttons."""

    text: str
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Copy:
    """A smaller copy, sent because the file of `full_bytes` is too large for Discord."""

    width: int
    height: int
    full_bytes: int
    link: Link | None  # to the full file; None without public pages
    is_still: bool = False  # of a film, which is too large in any case


def without(shown: Card, switched_off: Collection[str]) -> Card:
    """Leave out the buttons of features that the server has switched off."""
    if Switch.PAINTING in switched_off:
        return replace(shown, actions=())
    if Switch.CHALLENGES in switched_off:
        kept = tuple(action for action in shown.actions if action is not Action.ENTER)
        return replace(shown, actions=kept)
    return shown


def file_name(job: Job, name: str) -> str:
    """Name a file of a job so that Discord blurs it where it should."""
    return f"SPOILER_{name}" if job.blurred else name


def button(job_id: int, action: Action, label: str | None = None) -> AnyItem:
    """Make a button of a job, with another label than usual where one is given."""
    emoji, usual = ACTIONS[action]
    dangerous = action in (Action.DELETE, Action.CANCEL)
    return discord.ui.Button[discord.ui.View](
        label=label or usual,
        emoji=emoji,
        style=discord.ButtonStyle.danger if dangerous else discord.ButtonStyle.secondary,
        custom_id=custom_id(job_id, action),
    )


def buttons(job_id: int, actions: Sequence[Action]) -> discord.ui.View:
    """Lay out the buttons of a card."""
    return view_of(*(button(job_id, action) for action in actions))


def waiting(job: Job, place: Place | None, now: float) -> Card:
    """Show a queued job: its position, and when it starts."""
    if place is None:
        return Card(f"🕓 **Waiting**\n{_subtext(job)}", (Action.CANCEL,))
    line = f"number {place.position} in line" if place.position > 1 else "next in line"
    starts = f" · starts {relative(now + place.starts_in)}"
    ready = f" · ready {relative(now + place.finishes_in)}"
    return Card(f"🕓 **Waiting**, {line}{starts}{ready}\n{_subtext(job)}", (Action.CANCEL,))


def painting(job: Job, progress: PaintProgress | None, now: float) -> Card:
    """Show a job that is being painted: progress, loss, and when it is ready."""
    if job.cancelled_by is not None:
        return Card(f"🛑 **Stopping**\n{_subtext(job)}")
    if progress is None:
        return Card(f"🎨 **Starting to paint**\n{_subtext(job)}", (Action.CANCEL,))
    done = progress.step / max(1, progress.total_steps)
    step = f"Step {progress.step} of {progress.total_steps} · loss **{loss(progress.loss)}**"
    if job.settings.film:
        step = f"Frame {progress.step} of {progress.total_steps}"
    text = (
        f"🎨 **Painting** `{bar(done)}` {done:.0%}\n"
        f"{step} · ready {relative(now + progress.seconds_left)}\n{_subtext(job)}"
    )
    return Card(text, (Action.CANCEL,))


def parting(job: Job) -> Card:
    """Say, in the last edit of a card, where the outcome will come."""
    direct = "The painting will come as a direct message; `/paintings` shows it too."
    where = "Find the painting by `/paintings`." if job.origin.guild_id == OUTSIDE else direct
    return Card(
        "⏳ **Still under way.** This message cannot be changed any more. "
        f"{where}\n{_subtext(job)}",
        (Action.CANCEL,),
    )


def outcome(job: Job, copy: Copy | None = None, *, again: bool = False) -> Card:
    """Show the outcome of a job; `copy` describes what was sent of a file that is too large.

    `again` offers to repeat one that failed or was cancelled.
    """
    if job.result is not None and job.state in (JobState.DELIVERING, JobState.DONE):
        return painted(job, job.result, copy)
    # after a crash, a button also identifies the message in the channel's history
    actions = (Action.AGAIN, Action.DELETE) if again else (Action.DELETE,)
    if job.state is JobState.CANCELLED:
        by_other = job.cancelled_by not in (None, NOBODY, job.origin.member_id)
        by = " by a moderator" if by_other else ""
        return Card(f"✖️ **Cancelled**{by}\n{_subtext(job)}", actions)
    why = job.failure or "The reason is unknown."
    return Card(f"⚠️ **Not painted.** {why}\n{_subtext(job)}", actions)


def painted(job: Job, result: JobResult, copy: Copy | None = None) -> Card:
    """Show a finished painting. The picture itself is an attachment, which Discord shows large."""
    sources = job.sources
    style = f", in the style of *{plain(sources.style_name)}*" if sources.style_name else ""
    if style and sources.style_author is not None:
        style += f" by {name_of(sources.style_author_name, sources.style_author)}"
    outcome = result.outcome
    made = " · ".join(
        (
            outcome.preset,
            f"{outcome.width}x{outcome.height}",
            *([] if outcome.frames else [f"{outcome.steps} steps"]),
            f"{outcome.seconds:.1f} s",
            *_unusual(job),
            f"seed {outcome.seed}",
            outcome.weights,
        )
    )
    end = _film(outcome) if outcome.frames else f"Final loss **{loss(outcome.losses.total)}**"
    text = f"🖼️ **Painted** for {_owner(job)}{style}\n{end}\n-# {made} · № {job.id}"
    text = "\n".join((text, *(f"-# {plain(note)}" for note in outcome.notes)))
    usual: tuple[Action, ...] = RESULT_ACTIONS
    if outcome.frames:  # it has neither one loss nor steps to film
        usual = tuple(a for a in usual if a not in (Action.CURVE, Action.TIMELAPSE))
    if job.origin.guild_id == OUTSIDE:  # challenges are held in servers
        usual = tuple(action for action in usual if action is not Action.ENTER)
    if copy is None:
        return Card(text, usual)
    actions = (Action.FULL, *usual) if copy.link else usual
    return Card(f"{text}\n{_instead(copy, outcome)}", actions)


def _film(outcome: PaintOutcome) -> str:
    if outcome.is_cut_short:
        return f"A film, stopped after {outcome.frames} of {outcome.frames_asked} frames"
    return f"A film of {outcome.frames} frames"


def made_from(shown: Card, parent_id: int, link: str | None) -> Card:
    """Name the painting that one was made from, with a link to its message where there is one."""
    parent = f"[№ {parent_id}](<{link}>)" if link else f"№ {parent_id}"
    return replace(shown, text=f"{shown.text}\n-# made from {parent}")


def full_file(link: Link) -> str:
    """Write a link and when it expires; the <> keep Discord from fetching the file."""
    return f"[The full file](<{link.url}>) can be opened until <t:{link.expires_at}:f>."


def gone(job: Job) -> Card:
    """Show that the painting was deleted before it could be delivered."""
    return Card(f"🗑️ **Deleted.** The pictures of this painting are gone.\n{_subtext(job)}")


def unsent(job: Job) -> Card:
    """Show that a finished painting, or another outcome, cannot be sent as it is."""
    if job.state not in (JobState.DELIVERING, JobState.DONE):
        return outcome(job)
    return Card(
        f"📬 **Painted** for {_owner(job)}, but the file could not be sent here. "
        f"`/queue show` offers it.\n{_subtext(job)}",
        (Action.FETCH, Action.DELETE),
    )


def moved(job: Job, link: str | None) -> Card:
    """Show, on the card of a job with an expired token, where the outcome was sent."""
    where = f"see {link}" if link else "sent by direct message"
    return Card(f"📬 **Finished** for {_owner(job)}: {where}\n{_subtext(job)}")


def bar(done: float) -> str:
    """Draw a progress bar for 0 to 1."""
    filled = round(min(1.0, max(0.0, done)) * BAR_LENGTH)
    return "█" * filled + "░" * (BAR_LENGTH - filled)


def loss(value: float) -> str:
    """Write a loss with six significant digits, if possible without an exponent."""
    return f"{value:.6g}"


def relative(moment: float) -> str:
    """Write a time so that Discord shows it as "in 2 minutes", counting down by itself."""
    return f"<t:{round(moment)}:R>"


def _instead(copy: Copy, full: PaintOutcome) -> str:
    if copy.is_still:
        link = f" {full_file(copy.link)}" if copy.link else ""
        return f"This is its first frame: the film is too large for Discord here.{link}"
    smaller = (copy.width, copy.height) != (full.width, full.height)
    what = f"smaller copy, {copy.width}x{copy.height}" if smaller else "compressed copy"
    size = f"{copy.full_bytes / 2**20:.1f} MiB"
    link = f" {full_file(copy.link)}" if copy.link else ""
    return f"This is a {what}: the file of {size} is too large for Discord here.{link}"


def _subtext(job: Job) -> str:
    size = [f"{job.settings.size} px"] if job.settings.size else []
    film = [f"film of {job.settings.film.frames} frames"] if job.settings.film else []
    parts = [job.settings.preset, *size, *film, *_unusual(job)]
    return f"-# {' · '.join(parts)} · for {_owner(job)} · № {job.id}"


def _owner(job: Job) -> str:
    return name_of(job.origin.member_name, job.origin.member_id)


def _unusual(job: Job) -> list[str]:
    settings = job.settings
    return [
        *([f"strength {settings.strength:.2g}"] if settings.strength != 1 else []),
        *([f"{settings.brush} brush"] if settings.brush != "medium" else []),
        *(["colours kept"] if settings.keep_colors else []),
        *(["masked"] if job.sources.mask else []),
    ]
