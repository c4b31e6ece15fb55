"""`/settings show`, `/settings set` and `/settings words`; `house_rules.py` adds two more."""

from collections.abc import Mapping

import discord
from discord import app_commands

from bot.discord_io import answers
from bot.discord_io.answers import Interaction
from bot.discord_io.components import Handler, Press
from bot.discord_io.form import Form
from bot.guilds import card
from bot.guilds.house_rules import HouseRules, Surroundings, add_to
from bot.guilds.limits import EffectiveSettings, numbers
from bot.guilds.model import GuildSettings
from bot.guilds.rules import check_manager, forbidden_words
from bot.guilds.service import GuildService
from bot.languages.speech import decorate, pgettext

FORM_SECONDS = 900.0  # until an open form expires


def make_group(guilds: GuildService, around: Surroundings) -> tuple[app_commands.Group, Handler]:
    """Make the group, and the handler of its components."""
    house = HouseRules(guilds, around)
    group = app_commands.Group(
        name="settings",
        description="How the bot works in this server",
        guild_only=True,
        default_permissions=discord.Permissions(manage_guild=True),
    )

    @group.command(name="show", description="Show the settings of this server")
    async def show(interaction: Interaction) -> None:
        check_manager(answers.member_of(interaction))  # servers can change a command's permissions
        text, _ = await _shown(guilds, interaction)
        rules = await house.text(interaction.guild_id or 0)
        await interaction.response.send_message(f"{text}\n{rules}", ephemeral=True)

    @group.command(name="set", description="Change the settings of this server")
    async def change(interaction: Interaction) -> None:
        check_manager(answers.member_of(interaction))
        text, controls = await _shown(guilds, interaction)
        await interaction.response.send_message(text, view=controls, ephemeral=True)

    @group.command(name="words", description="Words that names, titles and themes may not have")
    async def words(interaction: Interaction) -> None:
        check_manager(answers.member_of(interaction))
        settings = await guilds.settings(interaction.guild_id or 0)
        await interaction.response.send_modal(WordsForm(guilds, settings))

    add_to(group, house)

    async def pressed(interaction: Interaction, press: Press) -> None:
        if press.path[0] in ("painters", "log", "off"):
            await house.pressed(interaction, press)
            return
        what = "/".join(press.path)
        ids = tuple(int(value) for value in press.values if value.isdigit())
        if what == "limits":
            check_manager(answers.member_of(interaction))
            effective = await guilds.effective(interaction.guild_id or 0)
            await interaction.response.send_modal(LimitsForm(guilds, effective))
            return
        if what == "display":
            check_manager(answers.member_of(interaction))
            settings = await guilds.settings(interaction.guild_id or 0)
            await interaction.response.send_modal(DisplayForm(guilds, settings))
            return
        everything: dict[str, dict[str, object]] = {
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
        await _change(guilds, interaction, everything[what])

    return group, pressed


class LimitsForm(Form):
    """Asks for the limits."""

    def __init__(self, guilds: GuildService, effective: EffectiveSettings) -> None:
        title = pgettext("title", "Limits of this server")
        super().__init__(title=title, timeout=FORM_SECONDS)
        self._guilds = guilds
        self._fields = card.limit_fields(effective, guilds.ceilings)
        for field in self._fields:
            self.add_item(field)

    async def on_submit(self, interaction: discord.Interaction[discord.Client], /) -> None:
        """Check the numbers and store them."""
        inputs = [field.component for field in self._fields]
        texts = [field for field in inputs if isinstance(field, discord.ui.TextInput)]
        typed = {field.custom_id: field.value for field in texts}
        await _change(self._guilds, interaction, numbers(typed, self._guilds.ceilings))


class DisplayForm(Form):
    """Asks for the language of a server, and whether it wants emoji and previews."""

    def __init__(self, guilds: GuildService, settings: GuildSettings) -> None:
        title = pgettext("title", "Language and display")
        super().__init__(title=title, timeout=FORM_SECONDS)
        self._guilds = guilds
        self._fields = card.display_fields(settings)
        for field in self._fields:
            self.add_item(field)

    async def on_submit(self, interaction: discord.Interaction[discord.Client], /) -> None:
        """Store what was chosen."""
        menus = [field.component for field in self._fields]
        chosen = {
            menu.custom_id: menu.values[0]
            for menu in menus
            if isinstance(menu, discord.ui.Select) and menu.values
        }
        language = chosen.get("language", card.BY_DISCORD)
        emoji, previews = chosen.get("emoji") != "no", chosen.get("previews") != "no"
        changes = {
            "language": None if language == card.BY_DISCORD else language,
            "emoji": emoji,
            "previews": previews,
        }
        decorate(emoji)
        await _change(self._guilds, interaction, changes)


class WordsForm(Form):
    """Asks for the words that this server forbids."""

    def __init__(self, guilds: GuildService, settings: GuildSettings) -> None:
        super().__init__(title=pgettext("title", "Forbidden words"), timeout=FORM_SECONDS)
        self._guilds = guilds
        self._field = card.words_field(settings)
        self.add_item(self._field)

    async def on_submit(self, interaction: discord.Interaction[discord.Client], /) -> None:
        """Store the words."""
        component = self._field.component
        typed = component.value if isinstance(component, discord.ui.TextInput) else ""
        found = forbidden_words(typed)
        await self._guilds.change(answers.member_of(interaction), {"forbidden_words": found})
        await interaction.response.send_message(card.words_stored(found), ephemeral=True)


async def _change(
    guilds: GuildService, interaction: Interaction, changes: Mapping[str, object]
) -> None:
    """Change settings, and show the new ones on the message."""
    await guilds.change(answers.member_of(interaction), changes)
    text, controls = await _shown(guilds, interaction)
    await interaction.response.edit_message(content=text, view=controls)


async def _shown(guilds: GuildService, interaction: Interaction) -> tuple[str, discord.ui.View]:
    """Give the present settings as a text and as components."""
    guild_id = interaction.guild_id or 0
    effective = await guilds.effective(guild_id)
    lost = await guilds.lost_channels(guild_id)
    language = await guilds.language(guild_id)
    text = card.overview(effective, guild_id, language, lost_channels=lost)
    return text, card.controls(effective)
