"""The rules of requests: which are valid, and the settings that a button on a result gives."""

import random
from collections.abc import Callable
from dataclasses import replace

from bot.errors import NothingToPaint, OutsideClosed, Refused
from bot.guilds.limits import EffectiveSettings
from bot.guilds.model import Switch
from bot.guilds.rules import check_channel, check_may_paint, check_on
from bot.jobs.model import Job
from bot.languages.speech import _, ngettext, option, significant
from bot.muralize.request import Request
from bot.people import OUTSIDE, Origin, Standing
from bot.pictures.model import FilmLimits
from engine.presets import PRESETS, settle, with_matching
from engine.request import FilmSettings, PaintSettings

WEAKEST, STRONGEST = 0.1, 10.0  # of the style against the content
_STEP = 1.5  # factor of the buttons stronger, softer and larger


class MayNotPost(Refused):
    """The member may not send messages with files in the channel."""

    def __init__(self) -> None:
        super().__init__(_("You may not send pictures in this channel, so I post none here."))


class TooLate(Refused):
    """A painting outside of servers would be ready when nothing can be sent any more."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            ngettext(
                "This would be ready in about {n} minute. Outside of servers that I am in, I can "
                "answer for 15 minutes only. Try a smaller size, or later.",
                "This would be ready in about {n} minutes. Outside of servers that I am in, I can "
                "answer for 15 minutes only. Try a smaller size, or later.",
                round(seconds / 60),
            )
        )


def check_request(request: Request, effective: EffectiveSettings) -> None:
    """Raise Refused or RequestRejected where a request is invalid; this needs no download."""
    if request.style is None and request.style_name is None:
        raise NothingToPaint(
            _(
                "A style is missing: attach a picture as `{style}`, or choose a `{saved_style}`.",
                style=option("style"),
                saved_style=option("saved_style"),
            )
        )
    size = request.settings.size
    if size is not None and size > effective.largest_size:
        raise Refused(
            _(
                "The largest size here is {pixels} pixels; choose that or a smaller one.",
                pixels=effective.largest_size,
            )
        )
    settle(request.settings)


def check_standing(origin: Origin, standing: Standing, effective: EffectiveSettings) -> None:
    """Raise Refused where a member may not paint in the channel of the request."""
    check_on(effective.settings, Switch.PAINTING)
    check_may_paint(effective.settings, standing.roles, manages=standing.manages)
    if origin.guild_id == OUTSIDE:
        check_outside(effective)
    if standing.channels:
        check_channel(effective.settings, *standing.channels)
    if not standing.sends_pictures and not origin.private:
        raise MayNotPost


def check_outside(effective: EffectiveSettings) -> None:
    """Raise OutsideClosed where the host allows no paintings outside of servers."""
    if not effective.jobs.per_member or not effective.jobs.per_guild:
        raise OutsideClosed


def check_in_time(origin: Origin, seconds: float, now: float) -> None:
    """Raise TooLate where only the interaction's token could deliver a painting, but dies before.

    `seconds` is the predicted time until the painting is ready.
    """
    if origin.guild_id == OUTSIDE and now + seconds > origin.token_expires_at:
        raise TooLate(seconds)


def changed(job: Job, change: str, largest: int, rng: random.Random) -> PaintSettings:
    """Give the settings of a painting that a button asks for; `largest` is the maximum size.

    Raises Refused at the largest size, and ValueError for an unknown change.
    """
    settings = job.settings
    if change == "again":
        # 31 bits: every random number generator takes such a seed
        return replace(settings, seed=rng.getrandbits(31))
    if change == "stronger":
        return replace(settings, strength=min(STRONGEST, settings.strength * _STEP))
    if change == "softer":
        return replace(settings, strength=max(WEAKEST, settings.strength / _STEP))
    if change == "timelapse":
        return settings
    if change != "larger":
        raise ValueError(f"no button changes a painting to {change!r}")
    outcome = job.result.outcome if job.result else None
    size = settings.size or (max(outcome.width, outcome.height) if outcome else 0)
    if size >= largest:
        raise Refused(_("This is already the largest size here, {pixels} pixels.", pixels=largest))
    return replace(settings, size=min(largest, round(size * _STEP / 32) * 32))


def why_still(request: Request) -> str:
    """Say why only the first frame of a moving content is painted; empty where a film is."""
    if request.still:
        return _("Leave out `{still}`, or send a picture.", still=option("still"))
    if request.mask is not None:
        return _("A mask goes with a single picture: leave it out, or send a picture.")
    preset = request.settings.preset
    if PRESETS[preset].recipe.matching is None:
        return _(
            "The preset {preset} paints single pictures: choose one of {presets}.",
            preset=preset,
            presets=with_matching(),
        )
    return ""


def as_film(
    settings: PaintSettings,
    frames: int,
    films: FilmLimits,
    predict: Callable[[PaintSettings], float],
) -> PaintSettings:
    """Give the settings of a film with so many of its frames as can be painted in time.

    `frames` are those of the content, `predict` gives the seconds of painting. Raises Refused where
    even a third of them takes too long.
    """
    if not films.are_painted:
        raise Refused(_("Films are switched off here."))
    size = min(settings.size or PRESETS[settings.preset].size, films.size)
    most, seconds = min(frames, films.frames), 0.0
    for count in range(most, max(2, most // 3) - 1, -1):
        film = replace(settings, size=size, film=FilmSettings(count, films.seconds))
        seconds = predict(film)
        if seconds <= films.painting_seconds:
            return film
    raise Refused(
        _(
            "This film would take about {minutes} minutes to paint, and here at most {most} are "
            "allowed. Choose a smaller `{size}`, a shorter clip, or `{still}` for its first frame.",
            minutes=round(seconds / 60),
            most=significant(films.painting_seconds / 60, 6),
            size=option("size"),
            still=option("still"),
        )
    )
