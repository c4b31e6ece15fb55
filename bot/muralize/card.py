"""The card of a job under way.

A job has one message from waiting in line to its outcome, which `outcome_card.py` shows.
"""

from dataclasses import dataclass

from bot.discord_io.escaping import name_of
from bot.executors.contract import PaintProgress
from bot.jobs.model import Job, Place
from bot.languages.speech import _, command, ngettext, significant
from bot.muralize.buttons import Action
from bot.people import OUTSIDE

BAR_LENGTH = 20  # characters


@dataclass(frozen=True)
class Card:
    """A message's text and the actions on its buttons."""

    text: str
    actions: tuple[Action, ...] = ()


def file_name(job: Job, name: str) -> str:
    """Name a file of a job so that Discord blurs it where it should."""
    return f"SPOILER_{name}" if job.blurred else name


def waiting(job: Job, place: Place | None, now: float, *, paused: bool = False) -> Card:
    """Show a queued job: its position, and when it starts; not where painting is `paused`."""
    if place is None:
        return with_details(_("🕓 **Waiting**"), job, Action.CANCEL)
    line = (
        _("🕓 **Waiting**, number {position} in line", position=place.position)
        if place.position > 1
        else _("🕓 **Waiting**, next in line")
    )
    if paused:
        why = _("no painter is available just now")
        return with_details(f"{line} · {why}", job, Action.CANCEL)
    starts = _("starts {time}", time=relative(now + place.starts_in))
    parts = (line, starts, ready_at(now + place.finishes_in))
    return with_details(" · ".join(parts), job, Action.CANCEL)


def painting(job: Job, progress: PaintProgress | None, now: float) -> Card:
    """Show a job that is being painted: progress, loss, and when it is ready."""
    if job.cancelled_by is not None:
        return with_details(_("🛑 **Stopping**"), job)
    if progress is None:
        return with_details(_("🎨 **Starting to paint**"), job, Action.CANCEL)
    done = progress.step / max(1, progress.total_steps)
    head = _("🎨 **Painting** `{bar}` {percent}%", bar=bar(done), percent=round(100 * done))
    counts = {"step": progress.step, "steps": progress.total_steps}
    if job.settings.film:
        step = _("Frame {step} of {steps}", **counts)
    else:
        step = _("Step {step} of {steps} · loss **{loss}**", loss=loss(progress.loss), **counts)
    ready = ready_at(now + progress.seconds_left)
    return with_details(f"{head}\n{step} · {ready}", job, Action.CANCEL)


def last_edit(job: Job) -> Card:
    """Say, in the last edit of a card, where the outcome will come."""
    paintings = command("paintings")
    if job.origin.guild_id == OUTSIDE:
        where = _("Find the painting by {command}.", command=paintings)
    else:
        where = _(
            "The painting will come as a direct message; {command} shows it too.", command=paintings
        )
    head = _("⏳ **Still under way.** This message cannot be changed any more.")
    return with_details(f"{head} {where}", job, Action.CANCEL)


def bar(done: float) -> str:
    """Draw a progress bar for 0 to 1."""
    filled = round(min(1.0, max(0.0, done)) * BAR_LENGTH)
    return "█" * filled + "░" * (BAR_LENGTH - filled)


def loss(value: float) -> str:
    """Write a loss with six significant digits, if possible without an exponent."""
    return significant(value, 6)


def relative(moment: float) -> str:
    """Write a time so that Discord shows it as "in 2 minutes", counting down by itself."""
    return f"<t:{round(moment)}:R>"


def ready_at(moment: float) -> str:
    """Say when a painting is ready, as a part of a line."""
    return _("ready {time}", time=relative(moment))


def with_details(text: str, job: Job, *actions: Action) -> Card:
    """Make a card of a text, with the options, member and number of its job in small print."""
    settings = job.settings
    parts = [settings.preset]
    if settings.size:
        parts.append(_("{pixels} px", pixels=settings.size))
    if settings.film:
        frames = settings.film.frames
        parts.append(ngettext("film of {n} frame", "film of {n} frames", frames))
    if job.timelapse:
        parts.append(_("with time-lapse"))
    parts += [*unusual_options(job), _("for {member}", member=owner_of(job)), f"№ {job.id}"]
    return Card(f"{text}\n-# {' · '.join(parts)}", actions)


def owner_of(job: Job) -> str:
    """Name the member that asked for a job."""
    return name_of(job.origin.member_name, job.origin.member_id)


def unusual_options(job: Job) -> list[str]:
    """Name the options of a job that are not what they are by default."""
    settings = job.settings
    options: list[str] = []
    brushes = {"fine": _("fine brush"), "bold": _("bold brush")}
    if settings.strength != 1:
        options.append(_("strength {strength}", strength=significant(settings.strength, 2)))
    if settings.brush in brushes:
        options.append(brushes[settings.brush])
    if settings.keep_colors:
        options.append(_("colours kept"))
    if job.sources.mask:
        options.append(_("masked"))
    return options
