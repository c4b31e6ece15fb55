"""The panel of `/settings rules`: painters, painting time, features switched off, and the log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import discord

from bot.discord_io import answers
from bot.discord_io.answers import Interaction
from bot.discord_io.components import Press, custom_id, view_of
from bot.guilds.menus import FEATURE, filled, named, role_select, roles_in_words
from bot.guilds.model import GuildSettings, RoleAllowance, Switch
from bot.guilds.rules import with_allowance
from bot.guilds.service import GuildService
from bot.jobs.allowance import amount
from bot.languages.speech import _, command, pgettext
from bot.people import GuildDataSource

PATHS = frozenset({"painters", "log", "off"})  # of the components of `controls`


@dataclass(frozen=True)
class Surroundings:
    """What the settings touch in other features.

    `ends` has, by feature, what is under way in a server and ends when the feature is switched off.
    `log_problem` says why a server's log cannot be written; `log_moved` is told of a new channel.
    """

    ends: Mapping[str, Sequence[GuildDataSource]] = field(default_factory=dict)
    log_problem: Callable[[int], str] = lambda _: ""
    log_moved: Callable[[int], None] = lambda _: None


class RulesPanel:
    """Shows and changes a server's rules."""

    def __init__(self, guilds: GuildService, around: Surroundings) -> None:
        self._guilds = guilds
        self._around = around

    async def text(self, guild_id: int) -> str:
        """List the rules of a server."""
        settings = await self._guilds.settings(guild_id)
        return overview(settings, guild_id, self._around.log_problem(guild_id))

    async def show(self, interaction: Interaction) -> None:
        """Answer a command with the panel."""
        guild_id = interaction.guild_id or 0
        view = controls(await self._guilds.settings(guild_id))
        text = await self.text(guild_id)
        await interaction.response.send_message(text, view=view, ephemeral=True)

    async def allow(
        self, interaction: Interaction, role_id: int, per_hour: int | None, per_day: int | None
    ) -> None:
        """Change the painting time of a role, and show the panel."""
        member = answers.member_of(interaction)
        settings = await self._guilds.settings(member.guild_id)
        new = with_allowance(settings, RoleAllowance(role_id, per_hour, per_day))
        await self._guilds.change(member, {"allowances": new})
        await self.show(interaction)

    async def pressed(self, interaction: Interaction, press: Press) -> None:
        """Store what was chosen in a menu of the panel, and show what holds now."""
        member = answers.member_of(interaction)
        await interaction.response.defer()
        what = press.path[0]
        ids = tuple(int(value) for value in press.values if value.isdigit())
        before = await self._guilds.settings(member.guild_id)
        if what == "painters":
            await self._guilds.change(member, {"paint_roles": ids})
        elif what == "log":
            await self._guilds.change(member, {"log_channel": ids[0] if ids else None})
            self._around.log_moved(member.guild_id)
        else:
            off = tuple(switch for switch in Switch if switch in press.values)
            await self._guilds.change(member, {"off": off})
            await self._end(member.guild_id, [one for one in off if not before.has_off(one)])
        view = controls(await self._guilds.settings(member.guild_id))
        await interaction.edit_original_response(
            content=await self.text(member.guild_id), view=view
        )

    async def _end(self, guild_id: int, switched: Sequence[str]) -> None:
        """End what is under way in features that were switched off just now."""
        for switch in switched:
            for source in self._around.ends.get(switch, ()):
                await source.end_in(guild_id)


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
    """List the rules of a server, whose own id stands for everyone."""
    names = switches()
    off = ", ".join(names[switch][0] for switch in Switch if settings.has_off(switch))
    channel = settings.log_channel
    return "\n".join(
        (
            _("**Painting is open to** {roles}", roles=roles_in_words(settings.paint_roles))
            if settings.paint_roles
            else _("**Painting is open to** everyone"),
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


def controls(settings: GuildSettings) -> discord.ui.View:
    """Make the menus of the panel, with what holds now filled in."""
    channel = () if settings.log_channel is None else (settings.log_channel,)
    return view_of(
        role_select(
            "painters",
            pgettext("placeholder", "Roles that may paint (none: all)"),
            settings.paint_roles,
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
            custom_id=custom_id(FEATURE, "off"),
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
