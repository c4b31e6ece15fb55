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
from bot.languages.speech import _, command, ngettext, number, pgettext, said, significant
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
    emoji, usual = face_of(action)
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
        return _with_subtext(_("🕓 **Waiting**"), job, Action.CANCEL)
    line = (
        _("🕓 **Waiting**, number {position} in line", position=place.position)
        if place.position > 1
        else _("🕓 **Waiting**, next in line")
    )
    starts = _("starts {time}", time=relative(now + place.starts_in))
    parts = (line, starts, ready_at(now + place.finishes_in))
    return _with_subtext(" · ".join(parts), job, Action.CANCEL)


def painting(job: Job, progress: PaintProgress | None, now: float) -> Card:
    """Show a job that is being painted: progress, loss, and when it is ready."""
    if job.cancelled_by is not None:
        return _with_subtext(_("🛑 **Stopping**"), job)
    if progress is None:
        return _with_subtext(_("🎨 **Starting to paint**"), job, Action.CANCEL)
    done = progress.step / max(1, progress.total_steps)
    head = _("🎨 **Painting** `{bar}` {percent}%", bar=bar(done), percent=round(100 * done))
    counts = {"step": progress.step, "steps": progress.total_steps}
    if job.settings.film:
        step = _("Frame {step} of {steps}", **counts)
    else:
        step = _("Step {step} of {steps} · loss **{loss}**", loss=loss(progress.loss), **counts)
    ready = ready_at(now + progress.seconds_left)
    return _with_subtext(f"{head}\n{step} · {ready}", job, Action.CANCEL)


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
    return _with_subtext(f"{head} {where}", job, Action.CANCEL)


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
        head = _("✖️ **Cancelled** by a moderator") if by_other else _("✖️ **Cancelled**")
        return _with_subtext(head, job, *actions)
    head, why = _("⚠️ **Not painted.**"), job.failure or _("The reason is unknown.")
    return _with_subtext(f"{head} {why}", job, *actions)


def painted(job: Job, result: JobResult, copy: Copy | None = None) -> Card:
    """Show a finished painting. The picture itself is an attachment, which Discord shows large."""
    outcome = result.outcome
    made = " · ".join(
        (
            outcome.preset,
            f"{outcome.width}x{outcome.height}",
            *([] if outcome.frames else [ngettext("{n} step", "{n} steps", outcome.steps)]),
            _("{seconds} s", seconds=number(outcome.seconds, 1)),
            *_unusual(job),
            _("seed {seed}", seed=outcome.seed),
            outcome.weights,
        )
    )
    end = _final(outcome)
    text = f"{_headline(job)}\n{end}\n-# {made} · № {job.id}"
    text = "\n".join((text, *(f"-# {plain(said(note))}" for note in outcome.sentences)))
    usual: tuple[Action, ...] = RESULT_ACTIONS
    if outcome.frames:  # it has neither one loss nor steps to film
        usual = tuple(a for a in usual if a not in (Action.CURVE, Action.TIMELAPSE))
    if job.origin.guild_id == OUTSIDE:  # challenges are held in servers
        usual = tuple(action for action in usual if action is not Action.ENTER)
    if copy is None:
        return Card(text, usual)
    actions = (Action.FULL, *usual) if copy.link else usual
    return Card(f"{text}\n{_instead(copy, outcome)}", actions)


def _headline(job: Job) -> str:
    sources, owner = job.sources, _owner(job)
    if not sources.style_name:
        return _("🖼️ **Painted** for {member}", member=owner)
    style = plain(sources.style_name)
    if sources.style_author is None:
        return _("🖼️ **Painted** for {member}, in the style of *{style}*", member=owner, style=style)
    return _(
        "🖼️ **Painted** for {member}, in the style of *{style}* by {author}",
        member=owner,
        style=style,
        author=name_of(sources.style_author_name, sources.style_author),
    )


def _final(outcome: PaintOutcome) -> str:
    if not outcome.frames:
        return _("Final loss **{loss}**", loss=loss(outcome.losses.total))
    if outcome.is_cut_short:
        return _(
            "A film, stopped after {frames} of {all} frames",
            frames=outcome.frames,
            all=outcome.frames_asked,
        )
    return ngettext("A film of {n} frame", "A film of {n} frames", outcome.frames)


def made_from(shown: Card, parent_id: int, link: str | None) -> Card:
    """Name the painting that one was made from, with a link to its message where there is one."""
    parent = f"[№ {parent_id}](<{link}>)" if link else f"№ {parent_id}"
    made = _("made from {painting}", painting=parent)
    return replace(shown, text=f"{shown.text}\n-# {made}")


def full_file(link: Link) -> str:
    """Write a link and when it expires; the <> keep Discord from fetching the file."""
    return _(
        "[The full file](<{address}>) can be opened until {time}.",
        address=link.url,
        time=f"<t:{link.expires_at}:f>",
    )


def gone(job: Job) -> Card:
    """Show that the painting was deleted before it could be delivered."""
    head = _("🗑️ **Deleted.** The pictures of this painting are gone.")
    return _with_subtext(head, job)


def unsent(job: Job) -> Card:
    """Show that a finished painting, or another outcome, cannot be sent as it is."""
    if job.state not in (JobState.DELIVERING, JobState.DONE):
        return outcome(job)
    head = _(
        "📬 **Painted** for {member}, but the file could not be sent here. {command} offers it.",
        member=_owner(job),
        command=command("queue show"),
    )
    return _with_subtext(head, job, Action.FETCH, Action.DELETE)


def moved(job: Job, link: str | None) -> Card:
    """Show, on the card of a job with an expired token, where the outcome was sent."""
    owner = _owner(job)
    if link:
        head = _("📬 **Finished** for {member}: see {link}", member=owner, link=link)
    else:
        head = _("📬 **Finished** for {member}: sent by direct message", member=owner)
    return _with_subtext(head, job)


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


def _instead(copy: Copy, full: PaintOutcome) -> str:
    size = number(copy.full_bytes / 2**20, 1)
    if copy.is_still:
        what = _("This is its first frame: the film is too large for Discord here.")
    elif (copy.width, copy.height) != (full.width, full.height):
        what = _(
            "This is a smaller copy, {width}x{height}: the file of {size} MiB is too large for "
            "Discord here.",
            width=copy.width,
            height=copy.height,
            size=size,
        )
    else:
        what = _(
            "This is a compressed copy: the file of {size} MiB is too large for Discord here.",
            size=size,
        )
    return f"{what} {full_file(copy.link)}" if copy.link else what


def _with_subtext(text: str, job: Job, *actions: Action) -> Card:
    return Card(f"{text}\n{_subtext(job)}", actions)


def _subtext(job: Job) -> str:
    settings = job.settings
    parts = [settings.preset]
    if settings.size:
        parts.append(_("{pixels} px", pixels=settings.size))
    if settings.film:
        frames = settings.film.frames
        parts.append(ngettext("film of {n} frame", "film of {n} frames", frames))
    parts += [*_unusual(job), _("for {member}", member=_owner(job)), f"№ {job.id}"]
    return f"-# {' · '.join(parts)}"


def _owner(job: Job) -> str:
    return name_of(job.origin.member_name, job.origin.member_id)


def _unusual(job: Job) -> list[str]:
    settings = job.settings
    brushes = {"fine": _("fine brush"), "bold": _("bold brush")}
    strength = significant(settings.strength, 2)
    return [
        *([_("strength {strength}", strength=strength)] if settings.strength != 1 else []),
        *([brushes[settings.brush]] if settings.brush in brushes else []),
        *([_("colours kept")] if settings.keep_colors else []),
        *([_("masked")] if job.sources.mask else []),
    ]
