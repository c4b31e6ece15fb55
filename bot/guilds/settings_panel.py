"""The panel of `/settings set`: its text, its components, and the change that each makes."""

from collections.abc import Mapping, Sequence

import discord

from bot.discord_io import answers
from bot.discord_io.answers import Interaction
from bot.discord_io.components import AnyItem, Press, custom_id, view_of
from bot.guilds.limits import EffectiveSettings, titles
from bot.guilds.menus import (
    FEATURE,
    MOST_CHOSEN,
    channels_in_words,
    filled,
    role_select,
    roles_in_words,
)
from bot.guilds.model import GuildSettings
from bot.guilds.service import GuildService
from bot.guilds.settings_forms import DisplayForm, LimitsForm, own_name
from bot.languages.speech import _, command, pgettext, said
from engine.presets import PRESETS

_CHANNELS = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.forum,
]


class SettingsPanel:
    """Shows and changes a server's settings."""

    def __init__(self, guilds: GuildService) -> None:
        self._guilds = guilds

    async def text(self, guild_id: int) -> str:
        """List the settings of a server."""
        effective = await self._guilds.effective(guild_id)
        lost = await self._guilds.lost_channels(guild_id)
        language = await self._guilds.language(guild_id)
        return overview(effective, guild_id, language, lost_channels=lost)

    async def show(self, interaction: Interaction) -> None:
        """Answer a command with the panel."""
        guild_id = interaction.guild_id or 0
        view = controls(await self._guilds.effective(guild_id))
        text = await self.text(guild_id)
        await interaction.response.send_message(text, view=view, ephemeral=True)

    async def pressed(self, interaction: Interaction, press: Press) -> None:
        """Open a form, or store what a component of the panel changes."""
        guild_id = interaction.guild_id or 0
        if press.path[0] == "limits":
            effective, ceilings = await self._guilds.effective(guild_id), self._guilds.ceilings
            await interaction.response.send_modal(LimitsForm(effective, ceilings, self.change))
        elif press.path[0] == "display":
            settings = await self._guilds.settings(guild_id)
            await interaction.response.send_modal(DisplayForm(settings, self.change))
        else:
            await self.change(interaction, change_by(press))

    async def change(self, interaction: Interaction, changes: Mapping[str, object]) -> None:
        """Store changed fields of `GuildSettings`, and show the new values on the panel."""
        await self._guilds.change(answers.member_of(interaction), changes)
        guild_id = interaction.guild_id or 0
        view = controls(await self._guilds.effective(guild_id))
        await interaction.response.edit_message(content=await self.text(guild_id), view=view)


def overview(
    effective: EffectiveSettings, guild_id: int, language: str, *, lost_channels: bool = False
) -> str:
    """List the settings of a server; `lost_channels`: all that were chosen have been deleted.

    `language` is the server's, chosen or not.
    """
    chosen = effective.settings
    title = titles()
    lines = [
        _places(chosen.paint_channels, lost=lost_channels),
        _("**Styles may be saved** by {roles}", roles=roles_in_words(chosen.style_roles))
        if chosen.style_roles
        else _("**Styles may be saved** by everyone"),
        _("**Challenges may be started** by {roles}", roles=roles_in_words(chosen.challenge_roles))
        if chosen.challenge_roles
        else _("**Challenges may be started** by members who may manage this server"),
        f"**{title['jobs_per_member']}**: {effective.jobs.per_member}",
        f"**{title['jobs_per_guild']}**: {effective.jobs.per_guild}",
        f"**{title['largest_size']}**: {effective.largest_size}",
        f"**{title['saved_styles']}**: {effective.saved_styles}",
        _("**Preset where none is chosen**: {preset}", preset=effective.default_preset),
        _("**Results** are shown to everyone")
        if chosen.public_results
        else _("**Results** are shown to their member only"),
        _("**When a painting took over a minute**, its member is mentioned")
        if chosen.mention_members
        else _("**When a painting took over a minute**, its member is not mentioned"),
        _(
            "**Words forbidden in names, titles and themes**: {number} ({command})",
            number=len(chosen.forbidden_words),
            command=command("settings words"),
        ),
        _(
            "**Closed challenges** are shown at `{path}` of the bot's pages",
            path=f"/gallery/{guild_id}",
        )
        if chosen.gallery
        else _("**Closed challenges** are not shown on the web"),
        _("**Language of messages to everyone**: {language}", language=own_name(language))
        if chosen.language
        else _(
            "**Language of messages to everyone**: {language}, as Discord says",
            language=own_name(language),
        ),
        _("**Decorative emoji**: yes") if chosen.emoji else _("**Decorative emoji**: no"),
        _("**Previews of paintings under way**: yes")
        if chosen.previews
        else _("**Previews of paintings under way**: no"),
    ]
    return "\n".join(lines)


def controls(effective: EffectiveSettings) -> discord.ui.View:
    """Make the components that change the settings, with the present values filled in.

    All five rows that Discord allows are taken: a further setting goes into one of the forms of
    `bot/guilds/settings_forms.py`, or on the panel of `/settings rules`, which has two rows left.
    """
    chosen = effective.settings
    return view_of(
        discord.ui.ChannelSelect(
            custom_id=custom_id(FEATURE, "channels"),
            placeholder=pgettext("placeholder", "Channels to paint in (none chosen: everywhere)"),
            channel_types=_CHANNELS,
            min_values=0,
            max_values=MOST_CHOSEN,
            default_values=filled(chosen.paint_channels, discord.SelectDefaultValueType.channel),
        ),
        role_select(
            "styles",
            pgettext("placeholder", "Roles that may save styles (none: all)"),
            chosen.style_roles,
        ),
        role_select(
            "challenges",
            pgettext("placeholder", "Roles that may start challenges"),
            chosen.challenge_roles,
        ),
        discord.ui.Select(
            custom_id=custom_id(FEATURE, "preset"),
            placeholder=pgettext("placeholder", "Preset where a member chooses none"),
            options=[
                discord.SelectOption(
                    label=name,
                    value=name,
                    description=said(preset.summary)[:100],
                    default=name == effective.default_preset,
                )
                for name, preset in PRESETS.items()
            ],
        ),
        *_switches(chosen),
    )


def change_by(press: Press) -> dict[str, object]:
    """Give the fields of `GuildSettings` that a component of `controls` changes."""
    ids = tuple(int(value) for value in press.values if value.isdigit())
    changes: dict[str, dict[str, object]] = {
        "channels": {"paint_channels": ids},
        "styles": {"style_roles": ids},
        "challenges": {"challenge_roles": ids},
        "preset": {"default_preset": press.values[0] if press.values else None},
        "results/private": {"public_results": False},
        "results/public": {"public_results": True},
        "mention/on": {"mention_members": True},
        "mention/off": {"mention_members": False},
        "gallery/open": {"gallery": True},
        "gallery/close": {"gallery": False},
    }
    return changes["/".join(press.path)]


def _switches(chosen: GuildSettings) -> list[AnyItem]:
    """Make the row of buttons, which open forms or change something to its opposite."""
    return [
        discord.ui.Button(
            label=pgettext("button", "Limits…"), emoji="🔢", custom_id=custom_id(FEATURE, "limits")
        ),
        discord.ui.Button(
            label=pgettext("button", "Make results private")
            if chosen.public_results
            else pgettext("button", "Show results to everyone"),
            emoji="🙈" if chosen.public_results else "👀",
            custom_id=custom_id(
                FEATURE, "results", "private" if chosen.public_results else "public"
            ),
        ),
        discord.ui.Button(
            label=pgettext("button", "Mention nobody")
            if chosen.mention_members
            else pgettext("button", "Mention members when done"),
            emoji="🔕" if chosen.mention_members else "🔔",
            custom_id=custom_id(FEATURE, "mention", "off" if chosen.mention_members else "on"),
        ),
        discord.ui.Button(
            label=pgettext("button", "Close the web gallery")
            if chosen.gallery
            else pgettext("button", "Open a web gallery"),
            emoji="🖼️",
            custom_id=custom_id(FEATURE, "gallery", "close" if chosen.gallery else "open"),
        ),
        discord.ui.Button(
            label=pgettext("button", "Language and display…"),
            emoji="🌐",
            custom_id=custom_id(FEATURE, "display"),
        ),
    ]


def _places(channels: Sequence[int], *, lost: bool) -> str:
    if channels:
        return _("**Paintings may be made** in {channels}", channels=channels_in_words(channels))
    if lost:
        return _(
            "**Paintings may be made** everywhere (the channels that were chosen have been deleted)"
        )
    return _("**Paintings may be made** everywhere")
