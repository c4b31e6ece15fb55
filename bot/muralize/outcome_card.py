"""The card of a job that has ended: the finished painting, or why there is none."""

from dataclasses import dataclass, replace

from bot.discord_io.escaping import name_of, plain
from bot.jobs.model import NOBODY, Job, JobState
from bot.languages.speech import _, command, ngettext, number, said
from bot.muralize.buttons import Action, under_result
from bot.muralize.card import Card, loss, owner_of, unusual_options, with_details
from bot.web.links import Link
from engine.request import PaintOutcome


@dataclass(frozen=True)
class Copy:
    """What was sent in place of a file that is too large for Discord."""

    width: int
    height: int
    full_bytes: int  # of the file
    link: Link | None  # to the file; None without public pages
    is_still: bool = False  # the first frame of a film


def outcome(job: Job, copy: Copy | None = None, *, again: bool = False) -> Card:
    """Show the outcome of a job; `copy` is what was sent in place of a finished painting.

    `again` offers to repeat a job that failed or was cancelled.
    """
    if job.result is not None and job.state in (JobState.DELIVERING, JobState.DONE):
        return _painted(job, job.result.outcome, copy)
    # After a crash, the message is recognised in the channel's history by its buttons.
    actions = (Action.AGAIN, Action.DELETE) if again else (Action.DELETE,)
    if job.state is JobState.CANCELLED:
        by_other = job.cancelled_by not in (None, NOBODY, job.origin.member_id)
        head = _("✖️ **Cancelled** by a moderator") if by_other else _("✖️ **Cancelled**")
        return with_details(head, job, *actions)
    head, why = _("⚠️ **Not painted.**"), job.failure or _("The reason is unknown.")
    return with_details(f"{head} {why}", job, *actions)


def made_from(shown: Card, parent_id: int, link: str | None) -> Card:
    """Add to a card the painting that its own was made from, with a link where there is one."""
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


def deleted(job: Job) -> Card:
    """Say that the painting was deleted before it could be delivered."""
    head = _("🗑️ **Deleted.** The pictures of this painting are gone.")
    return with_details(head, job)


def undeliverable(job: Job) -> Card:
    """Show an outcome that could not be delivered: of a painting, a button to fetch the file."""
    if job.state not in (JobState.DELIVERING, JobState.DONE):
        return outcome(job)
    head = _(
        "📬 **Painted** for {member}, but the file could not be sent here. {command} offers it.",
        member=owner_of(job),
        command=command("queue show"),
    )
    return with_details(head, job, Action.FETCH, Action.DELETE)


def sent_elsewhere(job: Job, link: str | None) -> Card:
    """Say where the outcome was sent, by a link or else as a direct message."""
    if link:
        head = _("📬 **Finished** for {member}: see {link}", member=owner_of(job), link=link)
    else:
        head = _("📬 **Finished** for {member}: sent by direct message", member=owner_of(job))
    return with_details(head, job)


def _painted(job: Job, made: PaintOutcome, copy: Copy | None) -> Card:
    """Show a finished painting. The picture itself is an attachment, which Discord shows large."""
    lines = [_headline(job), _result(made), f"-# {_how_made(job, made)} · № {job.id}"]
    lines += [f"-# {plain(said(note))}" for note in made.sentences]
    actions = under_result(job, film=bool(made.frames))
    if copy is not None:
        lines.append(_about_copy(copy, made))
        if copy.link:
            actions = (Action.FULL, *actions)
    return Card("\n".join(lines), actions)


def _headline(job: Job) -> str:
    sources, owner = job.sources, owner_of(job)
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


def _result(made: PaintOutcome) -> str:
    if not made.frames:
        return _("Final loss **{loss}**", loss=loss(made.losses.total))
    if made.is_cut_short:
        return _(
            "A film, stopped after {frames} of {all} frames",
            frames=made.frames,
            all=made.frames_asked,
        )
    return ngettext("A film of {n} frame", "A film of {n} frames", made.frames)


def _how_made(job: Job, made: PaintOutcome) -> str:
    parts = [made.preset, f"{made.width}x{made.height}"]
    if not made.frames:
        parts.append(ngettext("{n} step", "{n} steps", made.steps))
    parts.append(_("{seconds} s", seconds=number(made.seconds, 1)))
    parts += unusual_options(job)
    parts += [_("seed {seed}", seed=made.seed), made.weights]
    return " · ".join(parts)


def _about_copy(copy: Copy, full: PaintOutcome) -> str:
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
