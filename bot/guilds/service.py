"""The rules of a server's settings: who may change them, what values they take, what follows."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.errors import ChannelClosed, ManagersOnly, Refused, RoleNeeded, ValuesRejected
from bot.guilds.model import Ceilings, GuildSettings, Member, Rules
from bot.guilds.store import GuildStore
from bot.jobs.model import JobLimits
from engine.presets import PRESETS
from engine.request import DEFAULT_PRESET

SMALLEST_SIZE = 32  # pixels; VGG-19 halves a picture four times

# The numbers that a server may choose: what members read, and the least that makes sense.
NUMBERS = {
    "jobs_per_member": ("Paintings at a time, for a member", 1),
    "jobs_per_guild": ("Paintings at a time, for the server", 1),
    "largest_size": ("Largest size in pixels", SMALLEST_SIZE),
    "saved_styles": ("Styles in the library", 1),
}


class GuildService:
    """Keeps servers' settings, in memory too: every command asks for them before it answers.

    Only one service may change a server's.
    """

    def __init__(self, store: GuildStore, ceilings: Ceilings) -> None:
        self._store = store
        self._known: dict[int, GuildSettings] = {}
        self._changing = asyncio.Lock()
        self.ceilings = ceilings

    async def settings(self, guild_id: int) -> GuildSettings:
        """Say what a server has chosen."""
        if guild_id not in self._known:
            self._known[guild_id] = await self._store.find(guild_id)
        return self._known[guild_id]

    async def shows_gallery(self, guild_id: int) -> bool:
        """Say whether a server, which may be any number from the web, opted into the gallery."""
        # not kept in memory: whoever asks for all numbers must not fill it
        known = self._known.get(guild_id)
        return (known if known is not None else await self._store.find(guild_id)).gallery

    async def rules(self, guild_id: int) -> Rules:
        """Say what holds in a server. The host's limits win over what it chose earlier."""
        chosen, host = await self.settings(guild_id), self.ceilings
        preset = chosen.default_preset
        return Rules(
            settings=chosen,
            jobs=JobLimits(
                _least(chosen.jobs_per_member, host.jobs_per_member),
                _least(chosen.jobs_per_guild, host.jobs_per_guild),
            ),
            largest_size=_least(chosen.largest_size, host.largest_size),
            saved_styles=_least(chosen.saved_styles, host.saved_styles),
            default_preset=preset if preset in PRESETS else DEFAULT_PRESET,
        )

    async def change(self, member: Member, changes: Mapping[str, Any]) -> GuildSettings:
        """Change settings of a member's server. Raises ManagersOnly and ValuesRejected."""
        check_manager(member)
        _check_preset(changes.get("default_preset"))
        async with self._changing:
            changed = replace(await self.settings(member.guild_id), **changes)
            await self._store.save(member.guild_id, changed)
            self._known[member.guild_id] = changed
        return changed

    def numbers(self, typed: Mapping[str, str]) -> dict[str, int | None]:
        """Read the numbers that somebody typed, empty for the host's value.

        Raises ValuesRejected with a sentence for each that is wrong.
        """
        faults, found = [], {}
        for name, text in typed.items():
            title, least = NUMBERS[name]
            most = getattr(self.ceilings, name)
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
    """Raise ManagersOnly where somebody may not manage their server."""
    if not member.manages:
        raise ManagersOnly


def check_channel(settings: GuildSettings, *channels: int | None) -> None:
    """Raise ChannelClosed where none of these, a thread's own and its parent, may be painted in."""
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


def _check_preset(name: str | None) -> None:
    if name is not None and name not in PRESETS:
        raise Refused(f"There is no preset of that name; choose one of {', '.join(PRESETS)}.")


def _least(chosen: int | None, ceiling: int) -> int:
    return ceiling if chosen is None else min(chosen, ceiling)
