"""Alt texts of the files of a job, for members that do not see them.

Discord takes 1,024 characters. Names are cleaned and short, and a member's own text leaves room for
what is put before it.
"""

from bot.jobs.model import Job
from bot.languages.speech import _, significant

LONGEST = 900  # characters of a member's own text


def of_painting(job: Job) -> str:
    """Give a painting's own text; or the names of its content and style, and the preset."""
    sources = job.sources
    if sources.alt_text:
        return sources.alt_text
    content, preset = sources.content_title or _("A picture"), job.settings.preset
    style = sources.style_name or sources.style_title
    if not style:
        return _(
            "{content}, repainted in the style of another picture with the preset {preset}",
            content=content,
            preset=preset,
        )
    return _(
        "{content}, repainted in the style of {style} with the preset {preset}",
        content=content,
        style=style,
        preset=preset,
    )


def of_film(job: Job) -> str:
    """Describe a film."""
    return _("A film: {painting}", painting=of_painting(job))


def of_preview(job: Job, done: float) -> str:
    """Describe a preview; `done` is the progress from 0 to 1."""
    percent = round(100 * done)
    return _("Preview at {percent}%: {painting}", percent=percent, painting=of_painting(job))


def of_timelapse(job: Job) -> str:
    """Describe a time-lapse."""
    return _("Time-lapse: {painting}", painting=of_painting(job))


def of_curve(job: Job) -> str:
    """Describe a chart of the loss."""
    curve = job.result.outcome.curve if job.result is not None else ()
    if not curve:
        return _("The loss over the steps: {painting}", painting=of_painting(job))
    (_step, first), (step, last) = curve[0], curve[-1]
    return _(
        "The loss falls from {first} to {last} at step {step}: {painting}",
        first=significant(first, 6),
        last=significant(last, 6),
        step=step,
        painting=of_painting(job),
    )
