"""The rules of a server's settings: permissions, and the values that settings take."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bot.errors import NameRejected, Refused
from bot.guilds.model import Ceilings, GuildSettings, RoleAllowance
from bot.jobs.allowance import Allowance, largest
from bot.people import Member
from engine.presets import PRESETS

SMALLEST_SIZE = 32  # pixels; VGG-19 halves a picture four times

MOST_ALLOWANCES = 25  # roles with a painting time
MOST_WORDS = 200  # that a server forbids

# The numbers that a server may choose: the title that members read, and the minimum.
NUMBERS = {
    "jobs_per_member": ("Paintings at a time, for a member", 1),
    "jobs_per_guild": ("Paintings at a time, for the server", 1),
    "largest_size": ("Largest size in pixels", SMALLEST_SIZE),
    "saved_styles": ("Styles in the library", 1),
}


class SwitchedOff(Refused):
    """The server has switched this feature off."""

    def __init__(self) -> None:
        super().__init__("This is switched off in this server.")


class ManagersOnly(Refused):
    """The member lacks the permission to manage the server."""

    def __init__(self) -> None:
        super().__init__("You need the permission Manage Server to do that.")


class ValuesRejected(Refused):
    """Settings are invalid. The text has a sentence for each."""


class ChannelClosed(Refused):
    """The server does not allow paintings in this channel."""

    def __init__(self, channels: Sequence[int]) -> None:
        where = ", ".join(f"<#{channel}>" for channel in channels)
        super().__init__(f"You cannot paint in this channel. Use one of these: {where}.")


class RoleNeeded(Refused):
    """The member has none of the required roles."""

    def __init__(self, action: str, roles: Sequence[int]) -> None:
        names = ", ".join(f"<@&{role}>" for role in roles)
        needed = f"one of these roles: {names}" if roles else "the permission Manage Server"
        super().__init__(f"To {action} here you need {needed}.")


def living(settings: GuildSettings, existing: Collection[int]) -> GuildSettings:
    """Leave out the channels and roles that were deleted; `existing` are a server's.

    Where no chosen channel is left, painting is allowed everywhere. Where no role is left that may
    save styles, or paint, the deleted ones stay: only managers may, for a deletion opens nothing to
    all. The painting time of a deleted role binds nobody.
    """
    paint = tuple(one for one in settings.paint_channels if one in existing)
    styles = tuple(one for one in settings.style_roles if one in existing)
    challenges = tuple(one for one in settings.challenge_roles if one in existing)
    painters = tuple(one for one in settings.paint_roles if one in existing)
    return replace(
        settings,
        paint_channels=paint,
        style_roles=styles or settings.style_roles,
        challenge_roles=challenges,
        paint_roles=painters or settings.paint_roles,
        allowances=tuple(one for one in settings.allowances if one.role_id in existing),
        log_channel=settings.log_channel if settings.log_channel in existing else None,
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


def forbidden_words(typed: str) -> tuple[str, ...]:
    """Parse a list of words, one in a line or between commas. Raises ValuesRejected.

    An entry of several words forbids these words in a row.
    """
    entries = [" ".join(_words(entry)) for entry in re.split(r"[,;\n]", typed)]
    found = tuple(dict.fromkeys(entry for entry in entries if entry))
    if len(found) > MOST_WORDS:
        raise ValuesRejected(f"The list may have at most {MOST_WORDS} words.")
    return found


def check_words(settings: GuildSettings, what: str, text: str) -> None:
    """Raise NameRejected where a text has a word that the server forbids.

    Only whole words count; case and accents do not.
    """
    padded = f" {' '.join(_words(text))} "
    if any(f" {entry} " in padded for entry in settings.forbidden_words):
        raise NameRejected(
            f"{what} has a word that this server does not allow; write it otherwise."
        )


def _words(text: str) -> list[str]:
    """Split a text into words, without case, accents and styled letters."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(letter for letter in folded if not unicodedata.category(letter).startswith("M"))
    return re.findall(r"[^\W_]+", bare)


def check_may_save(settings: GuildSettings, member: Member) -> None:
    """Raise RoleNeeded where a member may not save styles."""
    wanted = settings.style_roles
    if wanted and not member.manages and not member.roles & set(wanted):
        raise RoleNeeded("save styles", wanted)


def check_may_paint(settings: GuildSettings, roles: Collection[int], *, manages: bool) -> None:
    """Raise RoleNeeded where a member may not paint."""
    wanted = settings.paint_roles
    if wanted and not manages and not set(roles) & set(wanted):
        raise RoleNeeded("paint", wanted)


def check_on(settings: GuildSettings, feature: str) -> None:
    """Raise SwitchedOff where a server has switched a feature off."""
    if settings.has_off(feature):
        raise SwitchedOff


def allowance_of(settings: GuildSettings, roles: Collection[int]) -> Allowance:
    """Give the largest painting time of a member's roles; unbounded where none of them has one."""
    return largest([one.allowance for one in settings.allowances if one.role_id in roles])


def with_allowance(settings: GuildSettings, new: RoleAllowance) -> tuple[RoleAllowance, ...]:
    """Give the painting times with a role's changed, or without it where both are unbounded.

    Raises ValuesRejected where there would be too many.
    """
    others = tuple(one for one in settings.allowances if one.role_id != new.role_id)
    if new.per_hour is None and new.per_day is None:
        return others
    if len(others) >= MOST_ALLOWANCES:
        raise ValuesRejected(f"At most {MOST_ALLOWANCES} roles may have a painting time.")
    return (*others, new)


def check_may_start(
    settings: GuildSettings, member: Member, action: str = "start challenges"
) -> None:
    """Raise RoleNeeded where a member may not start challenges, or murals as the `action` says."""
    if not member.manages and not member.roles & set(settings.challenge_roles):
        raise RoleNeeded(action, settings.challenge_roles)


def check_preset(name: str | None) -> None:
    """Raise Refused where there is no preset of that name."""
    if name is not None and name not in PRESETS:
        raise Refused(f"There is no preset of that name; choose one of {', '.join(PRESETS)}.")
