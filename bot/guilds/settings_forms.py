"""The forms of `/settings`. Each gives the changed fields of `GuildSettings` to its `store`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import discord
from babel import Locale

from bot.discord_io.components import Interaction
from bot.discord_io.form import Form
from bot.guilds.limits import LEAST, Ceilings, EffectiveSettings, numbers, titles
from bot.guilds.model import GuildSettings
from bot.guilds.rules import forbidden_words
from bot.languages.speech import LANGUAGES, _, command, ngettext, pgettext

BY_DISCORD = "server"  # in place of a language: what the server itself says

_Store = Callable[[Interaction, Mapping[str, object]], Awaitable[None]]


class LimitsForm(Form):
    """Asks for the limits."""

    def __init__(self, effective: EffectiveSettings, ceilings: Ceilings, store: _Store) -> None:
        title = pgettext("title", "Limits of this server")
        super().__init__(title)
        self._ceilings = ceilings
        self._store = store
        self._fields = [
            discord.ui.Label[discord.ui.View](
                text=title,
                description=pgettext(
                    "hint",
                    "From {least} to {most}; empty for the maximum",
                    least=LEAST[name],
                    most=getattr(ceilings, name),
                ),
                component=discord.ui.TextInput(
                    custom_id=name,
                    required=False,
                    max_length=6,
                    default=str(number) if (number := getattr(effective.settings, name)) else None,
                ),
            )
            for name, title in titles().items()
        ]
        for field in self._fields:
            self.add_item(field)

    async def on_submit(self, interaction: Interaction, /) -> None:
        """Check the numbers and store them."""
        inputs = [field.component for field in self._fields]
        texts = [field for field in inputs if isinstance(field, discord.ui.TextInput)]
        typed = {field.custom_id: field.value for field in texts}
        await self._store(interaction, numbers(typed, self._ceilings))


class LanguageForm(Form):
    """Asks for the language of a server."""

    def __init__(self, settings: GuildSettings, store: _Store) -> None:
        title = pgettext("title", "Language")
        super().__init__(title)
        self._store = store
        self._menu: discord.ui.Select[discord.ui.View] = discord.ui.Select(
            custom_id="language", options=_languages(settings)
        )
        self.add_item(
            discord.ui.Label(
                text=title,
                description=pgettext(
                    "hint", "Of announcements, murals and the log; members are answered in theirs"
                ),
                component=self._menu,
            )
        )

    async def on_submit(self, interaction: Interaction, /) -> None:
        """Store what was chosen."""
        language = self._menu.values[0] if self._menu.values else BY_DISCORD
        await self._store(interaction, {"language": None if language == BY_DISCORD else language})


class WordsForm(Form):
    """Asks for the words that this server forbids."""

    def __init__(self, settings: GuildSettings, store: _Store) -> None:
        super().__init__(pgettext("title", "Forbidden words"))
        self._store = store
        self._field = _words_field(settings)
        self.add_item(self._field)

    async def on_submit(self, interaction: Interaction, /) -> None:
        """Store the words."""
        component = self._field.component
        typed = component.value if isinstance(component, discord.ui.TextInput) else ""
        found = forbidden_words(typed)
        await self._store(interaction, {"forbidden_words": found})
        await interaction.response.send_message(_words_stored(found), ephemeral=True)


def own_name(language: str) -> str:
    """Name a language, which Discord calls `language`, in itself."""
    return str(Locale.parse(language, sep="-").get_display_name())


def _languages(settings: GuildSettings) -> list[discord.SelectOption]:
    """List the languages that a server can choose, with its own filled in."""
    return [
        discord.SelectOption(
            label=pgettext("label", "As Discord says"),
            value=BY_DISCORD,
            description=pgettext("hint", "The primary language in Discord's server settings"),
            default=settings.language is None,
        ),
        *(
            discord.SelectOption(label=own_name(one), value=one, default=one == settings.language)
            for one in LANGUAGES
        ),
    ]


def _words_field(settings: GuildSettings) -> discord.ui.Label[discord.ui.View]:
    """Make the field of the form, with the server's words filled in."""
    return discord.ui.Label(
        text=pgettext("label", "Words, one in a line"),
        description=pgettext(
            "hint", "In names of styles, titles and themes; case and accents do not matter"
        ),
        component=discord.ui.TextInput(
            custom_id="words",
            style=discord.TextStyle.paragraph,
            required=False,
            default="\n".join(settings.forbidden_words) or None,
        ),
    )


def _words_stored(words: Sequence[str]) -> str:
    """Confirm the list; the words themselves are in the form."""
    if not words:
        return _("No words are forbidden now.")
    return " ".join(
        (
            ngettext("The list has {n} entry now.", "The list has {n} entries now.", len(words)),
            _(
                "What has such a word already stays; moderators can change it with {rename_style}, "
                "{delete_style} and {rename_challenge}.",
                rename_style=command("style rename"),
                delete_style=command("style delete"),
                rename_challenge=command("challenge rename"),
            ),
        )
    )
