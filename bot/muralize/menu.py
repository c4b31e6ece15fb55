"""The menus "Muralize this picture" and "Paint their avatar", and the choice before their form.

A form has at most five fields, cannot show pictures, and a menu in it takes 25 options. So for a
message with several pictures, and in a server with more styles, a private message comes first.
"""

from collections.abc import Callable, Sequence

import discord
from discord import app_commands

from bot.discord_io import answers
from bot.discord_io.components import Interaction
from bot.discord_io.limits import MOST_OPTIONS
from bot.discord_io.uploads import avatar_of
from bot.feature import Command
from bot.languages.speech import _, pgettext, speak
from bot.muralize.found import FoundPicture, pictures_to_paint
from bot.muralize.service import MuralizeService
from bot.pictures.model import UploadedFile
from bot.styles.model import Style
from bot.styles.service import StyleService

MOST_SHOWN = 10  # pictures; Discord takes no more embeds
CHOICE_SECONDS = 900.0  # until the choice expires
View = discord.ui.View
# makes the form for a picture, some styles, the usual preset, and the key of the style chosen
MakeForm = Callable[[UploadedFile, Sequence[Style], str, str | None], discord.ui.Modal]


def make_menus(
    muralize: MuralizeService, styles: StyleService, called: str, make_form: MakeForm
) -> tuple[Command, Command]:
    """Make the menus of messages and of members. Error messages call the picture `called`."""

    async def paint(interaction: Interaction, pictures: Sequence[FoundPicture]) -> None:
        effective = await muralize.admit(
            answers.guild_of(interaction), answers.channels_of(interaction)
        )
        saved = await styles.offered(answers.guild_of(interaction))
        # a form must be the first answer, so there is nothing to defer
        if len(pictures) == 1 and len(saved) <= MOST_OPTIONS:
            form = make_form(pictures[0].file, saved, effective.default_preset, None)
            await interaction.response.send_modal(form)
            return
        choice = Choice(make_form, pictures, saved, effective.default_preset)
        await interaction.response.send_message(
            choice.text, embeds=choice.embeds(), view=choice, ephemeral=True
        )

    @app_commands.context_menu(name="Muralize this picture")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def of_message(interaction: Interaction, message: discord.Message) -> None:
        films, may_fetch = muralize.paints_films, muralize.may_fetch
        await paint(interaction, pictures_to_paint(message, called, may_fetch, films=films))

    @app_commands.context_menu(name="Paint their avatar")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def of_member(interaction: Interaction, user: discord.Member | discord.User) -> None:
        avatar = avatar_of(called, user)
        await paint(interaction, [FoundPicture(avatar.title, avatar)])

    return of_message, of_member


class Choice(discord.ui.View):
    """Offers the pictures of a message and the pages of a library, then opens the form."""

    def __init__(
        self,
        make_form: MakeForm,
        pictures: Sequence[FoundPicture],
        saved: Sequence[Style],
        usual_preset: str,
    ) -> None:
        super().__init__(timeout=CHOICE_SECONDS)
        self._make_form = make_form
        self._pictures = pictures
        self._saved = saved
        self._usual_preset = usual_preset
        self._picture = 0
        self._style: str | None = None
        self._page = 0
        self._lay_out()

    @property
    def text(self) -> str:
        """The question."""
        several = len(self._pictures) > 1
        many = len(self._saved) > MOST_OPTIONS
        if several and many:
            return _("Which picture and which style? Then press **Continue**.")
        if several:
            return _("Which picture? Then press **Continue**.")
        return _("Which style? Then press **Continue**.")

    def embeds(self) -> list[discord.Embed]:
        """Show the pictures small, each with its number."""
        if len(self._pictures) == 1:
            return []
        shown = self._pictures[:MOST_SHOWN]
        return [
            discord.Embed(title=_numbered(number, picture)).set_thumbnail(url=picture.file.url)
            for number, picture in enumerate(shown, 1)
        ]

    def _lay_out(self) -> None:
        self.clear_items()
        if len(self._pictures) > 1:
            self.add_item(self._picture_select())
        if len(self._saved) > MOST_OPTIONS:
            last = (len(self._saved) - 1) // MOST_OPTIONS
            self.add_item(self._style_select(last))
            self.add_item(_PageButton("◀️", self._page - 1, last))
            self.add_item(_PageButton("▶️", self._page + 1, last))
        self.add_item(_ContinueButton())

    def _picture_select(self) -> discord.ui.Select[View]:
        options = [
            discord.SelectOption(
                label=_numbered(number + 1, picture),
                value=str(number),
                default=number == self._picture,
            )
            for number, picture in enumerate(self._pictures)
        ]
        return _PictureSelect(options=options, row=0)

    def _style_select(self, last: int) -> discord.ui.Select[View]:
        options = [
            discord.SelectOption(
                label=style.name, value=style.key, default=style.key == self._style
            )
            for style in self._on_page()
        ]
        placeholder = pgettext(
            "placeholder", "Style (page {page} of {pages})", page=self._page + 1, pages=last + 1
        )
        return _StyleSelect(placeholder=placeholder, min_values=0, options=options, row=1)

    def _on_page(self) -> Sequence[Style]:
        return self._saved[self._page * MOST_OPTIONS : (self._page + 1) * MOST_OPTIONS]

    async def pick(self, interaction: Interaction, picture: int) -> None:
        """Take another picture."""
        self._picture = picture
        await self._show(interaction)

    async def pick_style(self, interaction: Interaction, style: str | None) -> None:
        """Take another style."""
        self._style = style
        await self._show(interaction)

    async def turn(self, interaction: Interaction, page: int) -> None:
        """Show other styles; the form has those of the page that is shown."""
        self._page, self._style = page, None
        await self._show(interaction)

    async def proceed(self, interaction: Interaction) -> None:
        """Open the form."""
        content = self._pictures[self._picture].file
        form = self._make_form(content, self._on_page(), self._usual_preset, self._style)
        await interaction.response.send_modal(form)

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Speak the member's language while a choice is handled."""
        speak(interaction.locale.value)
        return True

    async def on_error(
        self, interaction: Interaction, error: Exception, item: discord.ui.Item[View], /
    ) -> None:
        """Tell the member."""
        await answers.tell(interaction, error)

    async def _show(self, interaction: Interaction) -> None:
        self._lay_out()
        await interaction.response.edit_message(content=self.text, view=self)


class _PictureSelect(discord.ui.Select[Choice]):
    async def callback(self, interaction: Interaction) -> None:
        assert self.view is not None  # noqa: S101 - it is in a view
        await self.view.pick(interaction, int(self.values[0]))


class _StyleSelect(discord.ui.Select[Choice]):
    async def callback(self, interaction: Interaction) -> None:
        assert self.view is not None  # noqa: S101 - it is in a view
        await self.view.pick_style(interaction, self.values[0] if self.values else None)


class _PageButton(discord.ui.Button[Choice]):
    def __init__(self, emoji: str, page: int, last: int) -> None:
        super().__init__(emoji=emoji, disabled=not 0 <= page <= last, row=2)
        self._page = page

    async def callback(self, interaction: Interaction) -> None:
        assert self.view is not None  # noqa: S101 - it is in a view
        await self.view.turn(interaction, self._page)


class _ContinueButton(discord.ui.Button[Choice]):
    def __init__(self) -> None:
        label = pgettext("button", "Continue…")
        super().__init__(label=label, style=discord.ButtonStyle.primary, row=3)

    async def callback(self, interaction: Interaction) -> None:
        assert self.view is not None  # noqa: S101 - it is in a view
        await self.view.proceed(interaction)


def _numbered(number: int, picture: FoundPicture) -> str:
    return f"{number}. {picture.name}"
