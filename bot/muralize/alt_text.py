"""Alt texts of the files of a job, for members who do not see them.

Discord takes 1,024 characters. Names are cleaned and short, and a member's own text leaves room for
what is put before it.
"""

from bot.jobs.model import Job

LONGEST = 900  # characters of a member's own text


def of_painting(job: Job) -> str:
    """Give a painting's own text; or the names of its content and style, and the preset."""
    sources = job.sources
    if sources.alt_text:
        return sources.alt_text
    content = sources.content_title or "A picture"
    style = sources.style_name or sources.style_title or "another picture"
    return f"{content}, repainted in the style of {style} with the preset {job.settings.preset}"


def of_film(job: Job) -> str:
    """Describe a film."""
    return f"A film: {of_painting(job)}"


def of_preview(job: Job, done: float) -> str:
    """Describe a preview; `done` is the progress from 0 to 1."""
    return f"Preview at {done:.0%}: {of_painting(job)}"


def of_timelapse(job: Job) -> str:
    """Describe a time-lapse."""
    return f"Time-lapse: {of_painting(job)}"


def of_curve(job: Job) -> str:
    """Describe a chart of the loss."""
    curve = job.result.outcome.curve if job.result is not None else ()
    if not curve:
        return f"The loss over the steps: {of_painting(job)}"
    (_, first), (step, last) = curve[0], curve[-1]
    return f"The loss falls from {first:.6g} to {last:.6g} at step {step}: {of_painting(job)}"
