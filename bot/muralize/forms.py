"""The forms that ask for what a painting lacks. A form has at most five fields."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import discord

from bot.discord_io import answers
from bot.discord_io.components import Interaction
from bot.discord_io.form import Form
from bot.discord_io.limits import MOST_OPTIONS
from bot.discord_io.uploads import avatar_of, described
from bot.guilds.limits import EffectiveSettings
from bot.languages.speech import pgettext, said
from bot.muralize.request import CONTENT, MASK, STYLE, Draft
from bot.muralize.service import MuralizeService
from bot.pictures.model import UploadedFile
from bot.styles.model import Style
from engine.presets import PRESETS
from engine.request import PaintSettings

Ask = Callable[[Interaction, EffectiveSettings, Draft], Awaitable[None]]  # see `submission`


class StyleFields:
    """The fields for a style: a menu of saved ones, `chosen` being the key of one, and a file."""

    def __init__(self, saved: Sequence[Style], chosen: str | None = None) -> None:
        self._saved: discord.ui.Select[discord.ui.View] | None = None
        if saved:
            self._saved = discord.ui.Select(
                custom_id="saved_style",
                placeholder=pgettext("placeholder", "Choose a style"),
                required=False,
                options=[
                    discord.SelectOption(
                        label=style.name, value=style.key, default=style.key == chosen
                    )
                    for style in saved[:MOST_OPTIONS]
                ],
            )
        self._own: discord.ui.FileUpload[discord.ui.View] = discord.ui.FileUpload(
            custom_id="style", required=self._saved is None
        )

    def add_to(self, form: discord.ui.Modal) -> None:
        """Add the fields to a form."""
        if self._saved is not None:
            text = pgettext("label", "Style")
            form.add_item(discord.ui.Label(text=text, component=self._saved))
        form.add_item(
            discord.ui.Label(
                text=pgettext("label", "Or a style of your own")
                if self._saved
                else pgettext("label", "Style"),
                description=pgettext("hint", "A picture in the style you want"),
                component=self._own,
            )
        )

    def picture(self) -> UploadedFile | None:
        """Give the member's own style."""
        return described(STYLE, self._own.values[0]) if self._own.values else None

    def saved(self) -> str | None:
        """Give the key of the saved style."""
        return self._saved.values[0] if self._saved is not None and self._saved.values else None


class StyleForm(Form):
    """Asks for the style of a painting; `chosen` is the key of the style to begin with."""

    def __init__(
        self,
        muralize: MuralizeService,
        ask: Ask,
        content: UploadedFile,
        saved: Sequence[Style],
        usual_preset: str,
        chosen: str | None = None,
    ) -> None:
        super().__init__(pgettext("title", "Muralize this picture"))
        self._muralize = muralize
        self._ask = ask
        self._content = content
        self._style = StyleFields(saved, chosen)
        self._style.add_to(self)
        self._preset: discord.ui.Select[discord.ui.View] = discord.ui.Select(
            custom_id="preset",
            required=False,
            options=[
                discord.SelectOption(
                    label=name,
                    value=name,
                    description=said(preset.summary)[:100],
                    default=name == usual_preset,
                )
                for name, preset in PRESETS.items()
            ],
        )
        self.add_item(discord.ui.Label(text=pgettext("label", "Preset"), component=self._preset))
        brushes = {
            "fine": pgettext("label", "fine"),
            "medium": pgettext("label", "medium"),
            "bold": pgettext("label", "bold"),
        }
        self._brush: discord.ui.Select[discord.ui.View] = discord.ui.Select(
            custom_id="brush",
            required=False,
            options=[
                discord.SelectOption(label=label, value=brush, default=brush == PaintSettings.brush)
                for brush, label in brushes.items()
            ],
        )
        self.add_item(discord.ui.Label(text=pgettext("label", "Brush"), component=self._brush))
        self._mask: discord.ui.FileUpload[discord.ui.View] = discord.ui.FileUpload(
            custom_id="mask", required=False
        )
        self.add_item(
            discord.ui.Label(
                text=pgettext("label", "Mask"),
                description=pgettext(
                    "hint", "A picture that is white where to paint, and black elsewhere"
                ),
                component=self._mask,
            )
        )

    async def on_submit(self, interaction: Interaction, /) -> None:
        """Continue as `/muralize` does."""
        masks = self._mask.values
        effective = await self._muralize.admit(
            answers.guild_of(interaction), answers.channels_of(interaction)
        )
        chosen = {
            name: select.values[0]
            for name, select in (("preset", self._preset), ("brush", self._brush))
            if select.values
        }
        settings = PaintSettings.from_dict({"preset": effective.default_preset, **chosen})
        await self._ask(
            interaction,
            effective,
            Draft(
                settings,
                self._content,
                self._style.picture(),
                self._style.saved(),
                described(MASK, masks[0]) if masks else None,
            ),
        )


class MissingForm(Form):
    """Asks for the pictures that `/muralize` was not given, or that were not found; says `why`."""

    def __init__(
        self,
        muralize: MuralizeService,
        ask: Ask,
        draft: Draft,
        saved: Sequence[Style],
        why: str,
    ) -> None:
        super().__init__(pgettext("title", "Muralize"))
        self._muralize = muralize
        self._ask = ask
        self._draft = draft
        self._content: discord.ui.FileUpload[discord.ui.View] | None = None
        self._member: discord.ui.UserSelect[discord.ui.View] | None = None
        self._style: StyleFields | None = None
        if why:
            self.add_item(discord.ui.TextDisplay(why))
        if draft.content is None:
            self._add_content()
        if draft.lacks_style:
            self._style = StyleFields(saved)
            self._style.add_to(self)

    def _add_content(self) -> None:
        self._content = discord.ui.FileUpload(custom_id="content", required=False)
        self._member = discord.ui.UserSelect(custom_id="member", required=False)
        self.add_item(
            discord.ui.Label(
                text=pgettext("label", "Picture"),
                description=pgettext("hint", "The picture to repaint"),
                component=self._content,
            )
        )
        self.add_item(
            discord.ui.Label(
                text=pgettext("label", "Or a member"),
                description=pgettext("hint", "Their avatar is repainted"),
                component=self._member,
            )
        )

    async def on_submit(self, interaction: Interaction, /) -> None:
        """Continue as `/muralize` does."""
        draft = self._draft
        if self._content is not None and self._content.values:
            draft = replace(draft, content=described(CONTENT, self._content.values[0]))
        elif self._member is not None and self._member.values:
            draft = replace(draft, content=avatar_of(CONTENT, self._member.values[0]))
        if self._style is not None:
            draft = replace(draft, style=self._style.picture(), style_name=self._style.saved())
        effective = await self._muralize.admit(
            answers.guild_of(interaction), answers.channels_of(interaction)
        )
        await self._ask(interaction, effective, draft)
