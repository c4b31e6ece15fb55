"""The rules of a server's settings: permissions, and the values that settings take."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from bot.errors import ChannelClosed, ManagersOnly, Refused, RoleNeeded, ValuesRejected
from bot.guilds.model import Ceilings, GuildSettings
from bot.people import Member
from engine.presets import PRESETS

SMALLEST_SIZE = 32  # pixels; VGG-19 halves a picture four times

# The numbers that a server may choose: the title that members read, and the minimum.
NUMBERS = {
    "jobs_per_member": ("Paintings at a time, for a member", 1),
    "jobs_per_guild": ("Paintings at a time, for the server", 1),
    "largest_size": ("Largest size in pixels", SMALLEST_SIZE),
    "saved_styles": ("Styles in the library", 1),
}


def living(settings: GuildSettings, existing: Collection[int]) -> GuildSettings:
    """Leave out the channels and roles that were deleted; `existing` are a server's.

    Where no chosen channel is left, painting is allowed everywhere. Where no role is left that may
    save styles, the deleted ones stay: only managers may, for a deletion opens nothing to all.
    """
    paint = tuple(one for one in settings.paint_channels if one in existing)
    styles = tuple(one for one in settings.style_roles if one in existing)
    challenges = tuple(one for one in settings.challenge_roles if one in existing)
    return replace(
        settings,
        paint_channels=paint,
        style_roles=styles or settings.style_roles,
        challenge_roles=challenges,
    )


def numbers(typed: Mapping[str, str], ceilings: Ceilings) -> dict[str, int | None]:
    """Parse the numbers of the form; empty means the host's value.

    Raises ValuesRejected with a sentence for each invalid number.
    """
    faults, found = [], {}
    for name, text in typed.items():
        title, least = NUMBERS[name]
        most = getattr(ceilings, name)
        text = text.strip()
        if text and not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            faults.append(
                f"{title}: write a whole number from {least} to {most}, or nothing for {most}."
            )
        else:
            found[name] = int(text) if text else None
    if faults:
        raise ValuesRejected("\n".join(faults))
    return found


def check_manager(member: Member) -> None:
    """Raise ManagersOnly where a member may not manage the server."""
    if not member.manages:
        raise ManagersOnly


def check_channel(settings: GuildSettings, *channels: int | None) -> None:
    """Raise ChannelClosed where none of these, a thread and its parent, allows paintings."""
    allowed = settings.paint_channels
    if allowed and not set(allowed) & set(channels):
        raise ChannelClosed(allowed)


def check_may_save(settings: GuildSettings, member: Member) -> None:
    """Raise RoleNeeded where a member may not save styles."""
    wanted = settings.style_roles
    if wanted and not member.manages and not member.roles & set(wanted):
        raise RoleNeeded("save styles", wanted)


def check_may_start(settings: GuildSettings, member: Member) -> None:
    """Raise RoleNeeded where a member may not start challenges."""
    if not member.manages and not member.roles & set(settings.challenge_roles):
        raise RoleNeeded("start challenges", settings.challenge_roles)


def check_preset(name: str | None) -> None:
    """Raise Refused where there is no preset of that name."""
    if name is not None and name not in PRESETS:
        raise Refused(f"There is no preset of that name; choose one of {', '.join(PRESETS)}.")
