"""The numbers of a server's settings: what it may choose, and what holds within the host's."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import ValuesRejected
from bot.guilds.model import GuildSettings
from bot.jobs.quotas import UNBOUNDED, JobQuotas
from bot.languages.speech import _, pgettext
from engine.presets import PRESETS
from engine.request import DEFAULT_PRESET

SMALLEST_SIZE = 32  # pixels; VGG-19 halves a picture four times

LEAST = {  # that a server may choose
    "jobs_per_member": 1,
    "jobs_per_guild": 1,
    "largest_size": SMALLEST_SIZE,
    "saved_styles": 1,
}


@dataclass(frozen=True)
class Ceilings:
    """The host's limits: the defaults and maximums of every server, and what no server sets."""

    jobs_per_member: int
    jobs_per_guild: int
    largest_size: int
    saved_styles: int
    jobs_per_person: int = UNBOUNDED  # of a member, over all servers
    jobs_in_all: int = UNBOUNDED


@dataclass(frozen=True)
class EffectiveSettings:
    """A server's settings with the host's values filled in."""

    settings: GuildSettings
    jobs: JobQuotas
    largest_size: int
    saved_styles: int
    default_preset: str


def capped(chosen: GuildSettings, host: Ceilings) -> EffectiveSettings:
    """Fill in the host's values, and cap the server's by them."""
    preset = chosen.default_preset
    return EffectiveSettings(
        settings=chosen,
        jobs=JobQuotas(
            _least(chosen.jobs_per_member, host.jobs_per_member),
            _least(chosen.jobs_per_guild, host.jobs_per_guild),
            host.jobs_per_person,
            host.jobs_in_all,
        ),
        largest_size=_least(chosen.largest_size, host.largest_size),
        saved_styles=_least(chosen.saved_styles, host.saved_styles),
        default_preset=preset if preset in PRESETS else DEFAULT_PRESET,
    )


def titles() -> dict[str, str]:
    """Name the numbers that a server may choose."""
    return {
        "jobs_per_member": pgettext("label", "Paintings at a time, for a member"),
        "jobs_per_guild": pgettext("label", "Paintings at a time, for the server"),
        "largest_size": pgettext("label", "Largest size in pixels"),
        "saved_styles": pgettext("label", "Styles in the library"),
    }


def numbers(typed: Mapping[str, str], ceilings: Ceilings) -> dict[str, int | None]:
    """Parse the numbers of the form; empty means the host's value.

    Raises ValuesRejected with a sentence for each invalid number.
    """
    faults, found = [], {}
    for name, text in typed.items():
        least, most = LEAST[name], getattr(ceilings, name)
        text = text.strip()
        if text and not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            faults.append(
                _(
                    "{title}: write a whole number from {least} to {most}, or nothing for {most}.",
                    title=titles()[name],
                    least=least,
                    most=most,
                )
            )
        else:
            found[name] = int(text) if text else None
    if faults:
        raise ValuesRejected(*faults)
    return found


def _least(chosen: int | None, ceiling: int) -> int:
    return ceiling if chosen is None else min(chosen, ceiling)
