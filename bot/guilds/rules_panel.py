"""The panel of `/settings rules`: which members may do what, features switched off, and the log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import discord

from bot.discord_io import answers
from bot.discord_io.components import Interaction, custom_id, view_of
from bot.guilds.menus import FEATURE, filled, named, role_select, roles_in_words
from bot.guilds.model import GuildSettings, RoleAllowance, Switch
from bot.guilds.panel import Change, Panel, ids, shown_as, switched
from bot.guilds.rules import with_allowance
from bot.guilds.service import GuildService
from bot.jobs.allowance import amount
from bot.languages.speech import _, command, pgettext
from bot.people import GuildDataSource, Member


@dataclass(frozen=True)
class SettingEffects:
    """What the settings touch in other features.

    `ends` has, by feature, what is under way in a server and ends when the feature is switched off.
    `log_problem` says why a server's log cannot be written; `log_moved` is told of a new channel.
    """

    ends: Mapping[str, Sequence[GuildDataSource]] = field(default_factory=dict)
    log_problem: Callable[[int], str] = lambda _: ""
    log_moved: Callable[[int], None] = lambda _: None


class RulesPanel(Panel):
    """Shows and changes a server's rules."""

    changes: ClassVar[Mapping[str, Change]] = {
        "painters": lambda press: {"paint_roles": ids(press.values)},
        "styles": lambda press: {"style_roles": ids(press.values)},
        "challenges": lambda press: {"challenge_roles": ids(press.values)},
        "log": lambda press: {"log_channel": ids(press.values)[0] if press.values else None},
        "off": lambda press: {"off": switched(press, Switch)},
    }

    def __init__(self, guilds: GuildService, effects: SettingEffects) -> None:
        super().__init__(guilds)
        self._effects = effects

    async def text(self, guild_id: int) -> str:
        """List the rules of a server."""
        settings = await self._guilds.settings(guild_id)
        return overview(settings, guild_id, self._effects.log_problem(guild_id))

    async def controls(self, guild_id: int) -> discord.ui.View:
        """Make the menus that change the rules."""
        return components(await self._guilds.settings(guild_id))

    async def allow(
        self, interaction: Interaction, role_id: int, per_hour: int | None, per_day: int | None
    ) -> None:
        """Change the painting time of a role, and show the panel."""
        new = RoleAllowance(role_id, per_hour, per_day)
        await self.limit(answers.member_of(interaction), new)
        await self.show(interaction)

    async def limit(self, member: Member, new: RoleAllowance) -> None:
        """Store the painting time of a role. Raises Refused."""
        await self._guilds.change_by(
            member, lambda settings: {"allowances": with_allowance(settings, new)}
        )

    async def store(self, member: Member, changes: Mapping[str, Any]) -> None:
        """Store rules, tell the log of its channel, and end what is now switched off."""
        before = GuildSettings()

        def rule(settings: GuildSettings) -> Mapping[str, Any]:
            nonlocal before
            before = settings
            if "off" not in changes:
                return changes
            is_off = {switch: before.has_off(switch) for switch in Switch} | changes["off"]
            return {**changes, "off": tuple(switch for switch in Switch if is_off[switch])}

        after = await self._guilds.change_by(member, rule)
        if "log_channel" in changes:
            self._effects.log_moved(member.guild_id)
        for switch in Switch:
            if after.has_off(switch) and not before.has_off(switch):
                for source in self._effects.ends.get(switch, ()):
                    await source.end_in(member.guild_id)


def switches() -> dict[Switch, tuple[str, str]]:
    """Name the features that a server may switch off, and say what belongs to them."""
    muralize, style = pgettext("command", "muralize"), pgettext("command", "style")
    challenge, mural = pgettext("command", "challenge"), pgettext("command", "mural")
    return {
        Switch.PAINTING: (
            pgettext("label", "Painting"),
            pgettext(
                "hint",
                "/{muralize}, its message menu, and the buttons of paintings",
                muralize=muralize,
            ),
        ),
        Switch.PAINTINGS: (
            pgettext("label", "List of own paintings"),
            f"/{pgettext('command', 'paintings')}",
        ),
        Switch.QUEUE: (pgettext("label", "Queue"), f"/{pgettext('command', 'queue')}"),
        Switch.STYLES: (
            pgettext("label", "Style library"),
            pgettext(
                "hint",
                "/{style}, and saved styles in /{muralize}",
                style=style,
                muralize=muralize,
            ),
        ),
        Switch.CHALLENGES: (
            pgettext("label", "Challenges"),
            pgettext("hint", "/{challenge}, its buttons, and the gallery", challenge=challenge),
        ),
        Switch.MURALS: (
            pgettext("label", "Murals"),
            pgettext("hint", "/{mural} and its buttons", mural=mural),
        ),
    }


def overview(settings: GuildSettings, guild_id: int, log_problem: str) -> str:
    """List the rules of a server. As a role, its own id stands for everyone."""
    names = switches()
    off = ", ".join(names[switch][0] for switch in Switch if settings.has_off(switch))
    channel = settings.log_channel
    return "\n".join(
        (
            _("**Painting is open to** {roles}", roles=roles_in_words(settings.paint_roles))
            if settings.paint_roles
            else _("**Painting is open to** everyone"),
            _("**Styles may be saved** by {roles}", roles=roles_in_words(settings.style_roles))
            if settings.style_roles
            else _("**Styles may be saved** by everyone"),
            _(
                "**Challenges may be started** by {roles}",
                roles=roles_in_words(settings.challenge_roles),
            )
            if settings.challenge_roles
            else _("**Challenges may be started** by members who may manage this server"),
            _(
                "**Painting time of each member** ({command}): {times}",
                command=command("settings allowance"),
                times=_allowances(settings.allowances, guild_id),
            ),
            _("**Switched off**: {features}", features=off)
            if off
            else _("**Switched off**: nothing"),
            _("**Log for moderators**: none")
            if channel is None
            else _("**Log for moderators**: {channel}", channel=f"<#{channel}>"),
            *([log_problem] if log_problem and channel is not None else []),
        )
    )


def components(settings: GuildSettings) -> discord.ui.View:
    """Make the menus of the panel, with what holds now filled in; Discord allows no sixth row."""
    channel = () if settings.log_channel is None else (settings.log_channel,)
    return view_of(
        role_select(
            "painters",
            pgettext("placeholder", "Roles that may paint (none: all)"),
            settings.paint_roles,
        ),
        role_select(
            "styles",
            pgettext("placeholder", "Roles that may save styles (none: all)"),
            settings.style_roles,
        ),
        role_select(
            "challenges",
            pgettext("placeholder", "Roles that may start challenges"),
            settings.challenge_roles,
        ),
        discord.ui.ChannelSelect(
            custom_id=custom_id(FEATURE, "log"),
            placeholder=pgettext("placeholder", "Channel for the log (none: no log)"),
            channel_types=[discord.ChannelType.text, discord.ChannelType.news],
            min_values=0,
            max_values=1,
            default_values=filled(channel, discord.SelectDefaultValueType.channel),
        ),
        discord.ui.Select(
            custom_id=custom_id(FEATURE, "off", shown_as(map(settings.has_off, Switch))),
            placeholder=pgettext("placeholder", "Features to switch off"),
            min_values=0,
            max_values=len(Switch),
            options=[
                discord.SelectOption(
                    label=label,
                    value=switch,
                    description=description,
                    default=settings.has_off(switch),
                )
                for switch, (label, description) in switches().items()
            ],
        ),
    )


def _allowances(allowances: Sequence[RoleAllowance], guild_id: int) -> str:
    if not allowances:
        return _("not limited")
    return named([_allowance(one, guild_id) for one in allowances], "; ")


def _allowance(one: RoleAllowance, guild_id: int) -> str:
    """Write the painting time of the members with a role."""
    parts = []
    if one.per_hour is not None:
        parts.append(_("{time} an hour", time=amount(one.per_hour)))
    if one.per_day is not None:
        parts.append(_("{time} a day", time=amount(one.per_day)))
    times = ", ".join(parts)
    if one.role_id == guild_id:
        return _("everyone {times}", times=times)
    return f"<@&{one.role_id}> {times}"
