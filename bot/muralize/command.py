"""`/muralize`, and the form of the message menu "Muralize this picture"."""

import asyncio
import logging
from collections.abc import Sequence

import aiohttp
import discord
from discord import app_commands

from bot.discord_io import answers
from bot.discord_io.answers import Interaction
from bot.discord_io.uploads import described
from bot.feature import Command
from bot.guilds.model import EffectiveSettings
from bot.guilds.rules import SMALLEST_SIZE
from bot.muralize.request import Repeat, Request
from bot.muralize.rules import STRONGEST, WEAKEST
from bot.muralize.service import MuralizeService
from bot.pictures.model import UploadedFile
from bot.styles.command import choices
from bot.styles.model import Style
from bot.styles.service import StyleService
from engine.presets import PRESETS
from engine.request import BRUSHES, Brush, PaintSettings

log = logging.getLogger(__name__)

CONTENT = "The content picture"  # in sentences about it
REMEMBER_SECONDS = 0.5  # for storing a request before the interaction is answered
MODAL_SECONDS = 900.0  # until an open form expires

_PRESET_CHOICES = [
    app_commands.Choice(name=f"{name}: {preset.summary}"[:100], value=name)
    for name, preset in PRESETS.items()
]


def make_command(muralize: MuralizeService, styles: StyleService) -> Command:
    """Make `/muralize`."""

    @app_commands.command(name="muralize", description="Repaint a picture in the style of another")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.describe(
        content="The picture to repaint",
        style="A picture in the style you want",
        saved_style="Or the name of a saved style",
        preset="How to paint",
        size="Pixels on the long side",
        strength="Of the style against the content; 1 is balanced",
        keep_colors="Keep the colours of the content",
        brush="How coarse the strokes are",
        mask="A picture that is white where to paint, and black where the content stays",
        still="Of a GIF, paint the first frame only",
    )
    @app_commands.choices(preset=_PRESET_CHOICES)
    async def command(
        interaction: Interaction,
        content: discord.Attachment,
        style: discord.Attachment | None = None,
        saved_style: app_commands.Range[str, 1, 100] | None = None,
        preset: str | None = None,
        size: app_commands.Range[int, SMALLEST_SIZE, 8192] | None = None,
        strength: app_commands.Range[float, WEAKEST, STRONGEST] = 1.0,
        keep_colors: bool = False,
        brush: Brush = PaintSettings.brush,
        mask: discord.Attachment | None = None,
        still: bool = False,
    ) -> None:
        effective = await muralize.admit(
            answers.guild_of(interaction), answers.channels_of(interaction)
        )
        settings = PaintSettings(
            preset=preset or effective.default_preset,
            size=size,
            strength=strength,
            keep_colors=keep_colors,
            brush=brush,
        )
        await ask(
            muralize,
            interaction,
            effective,
            settings,
            content=described(CONTENT, content),
            style=style,
            style_name=saved_style,
            mask=mask,
            still=still,
        )

    @command.autocomplete("saved_style")
    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return choices(await styles.like(answers.guild_of(interaction), typed))

    return command


async def ask(
    muralize: MuralizeService,
    interaction: Interaction,
    effective: EffectiveSettings,
    settings: PaintSettings,
    *,
    content: UploadedFile,
    style: discord.Attachment | None,
    style_name: str | None,
    mask: discord.Attachment | None,
    still: bool = False,
) -> None:
    """Answer at once, then download the pictures and queue the painting."""
    private = not effective.settings.public_results
    request = Request(
        origin=answers.origin_of(interaction, private=private),
        content=content,
        style=described("The style picture", style) if style is not None else None,
        style_name=style_name if style is None else None,
        settings=settings,
        mask=described("The mask", mask) if mask is not None else None,
        still=still,
    )
    await accept(muralize, interaction, request)


async def accept(
    muralize: MuralizeService, interaction: Interaction, request: Request | Repeat
) -> None:
    """Answer a request when it is stored, then make it a job."""
    # Stored before it is answered, so that a crash loses no accepted request; but a disk that hangs
    # must not delay the answer beyond Discord's 3 s.
    remembering = asyncio.create_task(muralize.remember(request))
    await asyncio.wait({remembering}, timeout=REMEMBER_SECONDS)
    if remembering.done():
        remembering.result()  # raises where the request is refused
    card = None
    try:
        answered = await interaction.response.defer(thinking=True, ephemeral=request.origin.private)
        if answered is not None and answered.message_id is not None:
            card = request.origin.channel_id, answered.message_id
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        await remembering
        if not answers.may_have_arrived(error):
            await muralize.forget(request)
            raise
        # The member may see "thinking" now; if not, the outcome can go to the channel.
        log.warning("interaction %d may have been answered: %s", interaction.id, error)
    await remembering
    try:
        await muralize.start(request, card, answers.standing_of(interaction))
    except Exception as error:  # noqa: BLE001 - the handler of all errors, which deletes it too
        if await answers.tell(interaction, error):
            await muralize.forget(request)


class StyleForm(discord.ui.Modal, title="Muralize this picture"):
    """Asks for the style of a painting; `chosen` is the key of the style to begin with."""

    def __init__(
        self,
        muralize: MuralizeService,
        content: UploadedFile,
        saved: Sequence[Style],
        usual_preset: str,
        chosen: str | None = None,
    ) -> None:
        super().__init__(timeout=MODAL_SECONDS)
        self._muralize = muralize
        self._content = content
        self._saved: discord.ui.Select[discord.ui.View] | None = None
        if saved:
            self._saved = discord.ui.Select(
                custom_id="saved_style",
                placeholder="Choose a style",
                required=False,
                options=[
                    discord.SelectOption(
                        label=style.name, value=style.key, default=style.key == chosen
                    )
                    for style in saved
                ],
            )
            self.add_item(discord.ui.Label(text="Style", component=self._saved))
        self._own: discord.ui.FileUpload[discord.ui.View] = discord.ui.FileUpload(
            custom_id="style", required=self._saved is None
        )
        self.add_item(
            discord.ui.Label(
                text="Or a style of your own" if self._saved else "Style",
                description="A picture in the style you want",
                component=self._own,
            )
        )
        self._preset: discord.ui.Select[discord.ui.View] = discord.ui.Select(
            custom_id="preset",
            required=False,
            options=[
                discord.SelectOption(
                    label=name,
                    value=name,
                    description=preset.summary[:100],
                    default=name == usual_preset,
                )
                for name, preset in PRESETS.items()
            ],
        )
        self.add_item(discord.ui.Label(text="Preset", component=self._preset))
        self._brush: discord.ui.Select[discord.ui.View] = discord.ui.Select(
            custom_id="brush",
            required=False,
            options=[
                discord.SelectOption(label=brush, value=brush, default=brush == PaintSettings.brush)
                for brush in BRUSHES
            ],
        )
        self.add_item(discord.ui.Label(text="Brush", component=self._brush))
        self._mask: discord.ui.FileUpload[discord.ui.View] = discord.ui.FileUpload(
            custom_id="mask", required=False
        )
        self.add_item(
            discord.ui.Label(
                text="Mask",
                description="A picture that is white where to paint, and black elsewhere",
                component=self._mask,
            )
        )

    async def on_submit(self, interaction: discord.Interaction[discord.Client], /) -> None:
        """Continue as `/muralize` does."""
        own = self._own.values
        saved = self._saved.values if self._saved is not None else []
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
        await ask(
            self._muralize,
            interaction,
            effective,
            settings,
            content=self._content,
            style=own[0] if own else None,
            style_name=saved[0] if saved else None,
            mask=masks[0] if masks else None,
        )

    async def on_error(  # type: ignore[override]  # a form's has no item, in discord.py itself
        self, interaction: discord.Interaction[discord.Client], error: Exception, /
    ) -> None:
        """Tell the member."""
        await answers.tell(interaction, error)
