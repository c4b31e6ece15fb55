"""The panel of `/settings set`: its text, its components, and the change that each makes."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import discord

from bot.discord_io.components import Interaction, Press, custom_id, view_of
from bot.discord_io.form import Form
from bot.discord_io.limits import MOST_OPTIONS
from bot.guilds.limits import EffectiveSettings, titles
from bot.guilds.menus import FEATURE, channels_in_words, filled
from bot.guilds.panel import Change, Panel, ids, shown_as, switched
from bot.guilds.settings_forms import LanguageForm, LimitsForm, own_name
from bot.languages.speech import _, command, pgettext, said
from engine.presets import PRESETS

_CHANNELS = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.forum,
]


class SettingsPanel(Panel):
    """Shows and changes a server's settings."""

    changes: ClassVar[Mapping[str, Change]] = {
        "channels": lambda press: {"paint_channels": ids(press.values)},
        "preset": lambda press: {"default_preset": press.values[0] if press.values else None},
        "on": lambda press: switched(press, yes_or_no()),
    }

    async def text(self, guild_id: int) -> str:
        """List the settings of a server."""
        effective = await self._guilds.effective(guild_id)
        lost = await self._guilds.lost_channels(guild_id)
        language = await self._guilds.language(guild_id)
        return overview(effective, guild_id, language, lost_channels=lost)

    async def controls(self, guild_id: int) -> discord.ui.View:
        """Make the components that change the settings."""
        return components(await self._guilds.effective(guild_id))

    async def pressed(self, interaction: Interaction, press: Press) -> None:
        """Open a form, or store what was chosen in a menu."""
        effective = await self._guilds.effective(interaction.guild_id or 0)
        if press.path[0] == "limits":
            form: Form = LimitsForm(effective, self._guilds.ceilings, self.change)
        elif press.path[0] == "language":
            form = LanguageForm(effective.settings, self.change)
        else:
            await super().pressed(interaction, press)
            return
        await interaction.response.send_modal(form)


def yes_or_no() -> dict[str, tuple[str, str]]:
    """Name the yes/no settings, which are fields of `GuildSettings`, and say what each means.

    The panel has a line for each, and one menu for all. A new one comes last, because the menus of
    older messages say by position what they show.
    """
    return {
        "public_results": (
            pgettext("label", "Results shown to everyone"),
            pgettext("hint", "Otherwise only the member who asked sees their painting"),
        ),
        "mention_members": (
            pgettext("label", "Mention members when done"),
            pgettext("hint", "Where a painting took longer than a minute"),
        ),
        "gallery": (
            pgettext("label", "Web gallery"),
            pgettext("hint", "Closed challenges on the bot's web pages, for everyone"),
        ),
        "emoji": (
            pgettext("label", "Decorative emoji"),
            pgettext("hint", "At the start of lines, and on buttons"),
        ),
        "previews": (
            pgettext("label", "Previews of paintings under way"),
            pgettext("hint", "Pictures that change while something is painted"),
        ),
    }


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
        f"**{title['jobs_per_member']}**: {effective.jobs.per_member}",
        f"**{title['jobs_per_guild']}**: {effective.jobs.per_guild}",
        f"**{title['largest_size']}**: {effective.largest_size}",
        f"**{title['saved_styles']}**: {effective.saved_styles}",
        _("**Preset where none is chosen**: {preset}", preset=effective.default_preset),
        _(
            "**Words forbidden in names, titles and themes**: {number} ({command})",
            number=len(chosen.forbidden_words),
            command=command("settings words"),
        ),
        _("**Language of messages to everyone**: {language}", language=own_name(language))
        if chosen.language
        else _(
            "**Language of messages to everyone**: {language}, as Discord says",
            language=own_name(language),
        ),
        *(
            _("**{setting}**: yes", setting=label)
            if getattr(chosen, name)
            else _("**{setting}**: no", setting=label)
            for name, (label, _meaning) in yes_or_no().items()
        ),
    ]
    if chosen.gallery:
        path = f"/gallery/{guild_id}"
        lines.append(_("The gallery is at `{path}` of the bot's pages", path=path))
    return "\n".join(lines)


def components(effective: EffectiveSettings) -> discord.ui.View:
    """Make the components that change the settings, with the present values filled in.

    Discord allows five rows. One is free, and in the row of buttons there is room for three.
    """
    chosen = effective.settings
    return view_of(
        discord.ui.ChannelSelect(
            custom_id=custom_id(FEATURE, "channels"),
            placeholder=pgettext("placeholder", "Channels to paint in (none chosen: everywhere)"),
            channel_types=_CHANNELS,
            min_values=0,
            max_values=MOST_OPTIONS,
            default_values=filled(chosen.paint_channels, discord.SelectDefaultValueType.channel),
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
        discord.ui.Select(
            custom_id=custom_id(
                FEATURE, "on", shown_as(getattr(chosen, name) for name in yes_or_no())
            ),
            placeholder=pgettext("placeholder", "Choose what is on"),
            min_values=0,
            max_values=len(yes_or_no()),
            options=[
                discord.SelectOption(
                    label=label, value=name, description=meaning, default=getattr(chosen, name)
                )
                for name, (label, meaning) in yes_or_no().items()
            ],
        ),
        discord.ui.Button(
            label=pgettext("button", "Limits…"), emoji="🔢", custom_id=custom_id(FEATURE, "limits")
        ),
        discord.ui.Button(
            label=pgettext("button", "Language…"),
            emoji="🌐",
            custom_id=custom_id(FEATURE, "language"),
        ),
    )


def _places(channels: Sequence[int], *, lost: bool) -> str:
    if channels:
        return _("**Paintings may be made** in {channels}", channels=channels_in_words(channels))
    if lost:
        return _(
            "**Paintings may be made** everywhere (the channels that were chosen have been deleted)"
        )
    return _("**Paintings may be made** everywhere")
