"""The rules of a server's settings: permissions, and the values that settings take."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bot.errors import NameRejected, Refused, ValuesRejected
from bot.guilds.model import GuildSettings, RoleAllowance, Switch
from bot.jobs.allowance import Allowance, largest
from bot.languages.speech import LANGUAGES, _
from bot.people import Member
from engine.presets import PRESETS

MOST_ALLOWANCES = 25  # roles with a painting time
MOST_WORDS = 200  # that a server forbids


class SwitchedOff(Refused):
    """The server has switched this feature off."""

    def __init__(self) -> None:
        super().__init__(_("This is switched off in this server."))


class ManagersOnly(Refused):
    """The member lacks the permission to manage the server."""

    def __init__(self) -> None:
        super().__init__(_("You need the permission Manage Server to do that."))


class ChannelClosed(Refused):
    """The server does not allow paintings in this channel."""

    def __init__(self, channels: Sequence[int]) -> None:
        where = ", ".join(f"<#{channel}>" for channel in channels)
        super().__init__(
            _("You cannot paint in this channel. Use one of these: {where}.", where=where)
        )


class RoleNeeded(Refused):
    """The member has none of the required roles."""


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
        raise ValuesRejected(_("The list may have at most {most} words.", most=MOST_WORDS))
    return found


def check_words(settings: GuildSettings, what: str, text: str) -> None:
    """Raise NameRejected where a text has a word that the server forbids.

    Only whole words count; case and accents do not.
    """
    padded = f" {' '.join(_words(text))} "
    if any(f" {entry} " in padded for entry in settings.forbidden_words):
        raise NameRejected(
            _("{what} has a word that this server does not allow; write it otherwise.", what=what)
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
        raise RoleNeeded(
            _("To save styles here you need one of these roles: {roles}.", roles=_named(wanted))
        )


def check_may_paint(settings: GuildSettings, roles: Collection[int], *, manages: bool) -> None:
    """Raise RoleNeeded where a member may not paint."""
    wanted = settings.paint_roles
    if wanted and not manages and not set(roles) & set(wanted):
        raise RoleNeeded(
            _("To paint here you need one of these roles: {roles}.", roles=_named(wanted))
        )


def check_on(settings: GuildSettings, feature: str) -> None:
    """Raise SwitchedOff where a server has switched a feature off."""
    if settings.has_off(feature):
        raise SwitchedOff


def allowance_of(settings: GuildSettings, roles: Collection[int]) -> Allowance:
    """Give the largest painting time of a member's roles; unbounded where none of them has one."""
    return largest(
        [
            Allowance(one.per_hour, one.per_day)
            for one in settings.allowances
            if one.role_id in roles
        ]
    )


def with_allowance(settings: GuildSettings, new: RoleAllowance) -> tuple[RoleAllowance, ...]:
    """Give the painting times with a role's changed, or without it where both are unbounded.

    Raises ValuesRejected where there would be too many.
    """
    others = tuple(one for one in settings.allowances if one.role_id != new.role_id)
    if new.per_hour is None and new.per_day is None:
        return others
    if len(others) >= MOST_ALLOWANCES:
        raise ValuesRejected(
            _("At most {most} roles may have a painting time.", most=MOST_ALLOWANCES)
        )
    return (*others, new)


def check_may_start(
    settings: GuildSettings, member: Member, what: Switch = Switch.CHALLENGES
) -> None:
    """Raise RoleNeeded where a member may not start challenges, or murals."""
    wanted = settings.challenge_roles
    if member.manages or member.roles & set(wanted):
        return
    if what is Switch.MURALS:
        text = (
            _("To start murals here you need one of these roles: {roles}.", roles=_named(wanted))
            if wanted
            else _("To start murals here you need the permission Manage Server.")
        )
    else:
        text = (
            _(
                "To start challenges here you need one of these roles: {roles}.",
                roles=_named(wanted),
            )
            if wanted
            else _("To start challenges here you need the permission Manage Server.")
        )
    raise RoleNeeded(text)


def check_values(changes: Mapping[str, object]) -> None:
    """Raise Refused for a preset or a language that there is not."""
    preset, language = changes.get("default_preset"), changes.get("language")
    if preset is not None and preset not in PRESETS:
        names = ", ".join(PRESETS)
        raise Refused(_("There is no preset of that name; choose one of {names}.", names=names))
    if language is not None and language not in LANGUAGES:
        raise Refused(_("This bot does not speak that language."))


def _named(roles: Sequence[int]) -> str:
    return ", ".join(f"<@&{role}>" for role in roles)
