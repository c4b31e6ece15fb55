"""`/muralize`: reads the options, finds what is pointed at, asks for what is missing."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import discord
from discord import app_commands

from bot.discord_io import answers
from bot.discord_io.components import Interaction
from bot.discord_io.uploads import described
from bot.errors import NothingToPaint
from bot.feature import Command
from bot.guilds.limits import SMALLEST_SIZE, EffectiveSettings
from bot.muralize.alt_text import LONGEST
from bot.muralize.finder import PictureFinder, offer
from bot.muralize.request import CONTENT, MASK, STYLE, Draft
from bot.muralize.rules import STRONGEST, WEAKEST
from bot.muralize.service import MuralizeService
from bot.pictures.model import UploadedFile
from bot.styles.command import style_choices
from bot.styles.model import Style
from bot.styles.service import StyleService
from bot.texts import clean
from engine.presets import PRESETS
from engine.request import Brush, PaintSettings

LARGEST_SEED = 2**31 - 1  # of those that "Again" draws
POINTERS = "a link, @member, a server's emoji or sticker, or “last”"

_PRESET_CHOICES = [
    app_commands.Choice(name=f"{name}: {preset.summary}"[:100], value=name)
    for name, preset in PRESETS.items()
]


def make_command(
    muralize: MuralizeService,
    styles: StyleService,
    finder: PictureFinder,
    ask: Callable[[Interaction, EffectiveSettings, Draft], Awaitable[None]],
    make_form: Callable[[Draft, Sequence[Style], str], discord.ui.Modal],
) -> Command:
    """Make `/muralize`.

    `ask` paints a draft; `make_form` makes the form that asks for what one lacks, from the draft,
    the saved styles, and why something was not found.
    """

    @app_commands.command(name="muralize", description="Repaint a picture in the style of another")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.describe(
        content="The picture to repaint",
        style="A picture in the style you want",
        saved_style="Or the name of a saved style",
        content_from=f"Or instead of content: {POINTERS}",
        style_from=f"Or instead of style: {POINTERS}",
        preset="How to paint",
        size="Pixels on the long side",
        strength="Of the style against the content; 1 is balanced",
        keep_colors="Keep the colours of the content",
        brush="How coarse the strokes are",
        mask="A picture that is white where to paint, and black where the content stays",
        seed="The seed of an earlier painting, to paint the same again",
        alt_text="What the painting shows, for members who do not see it",
        still="Of a GIF, paint the first frame only",
    )
    @app_commands.choices(preset=_PRESET_CHOICES)
    async def command(
        interaction: Interaction,
        content: discord.Attachment | None = None,
        style: discord.Attachment | None = None,
        saved_style: app_commands.Range[str, 1, 100] | None = None,
        content_from: app_commands.Range[str, 1, 1000] | None = None,
        style_from: app_commands.Range[str, 1, 1000] | None = None,
        preset: str | None = None,
        size: app_commands.Range[int, SMALLEST_SIZE, 8192] | None = None,
        strength: app_commands.Range[float, WEAKEST, STRONGEST] = 1.0,
        keep_colors: bool = False,
        brush: Brush = PaintSettings.brush,
        mask: discord.Attachment | None = None,
        seed: app_commands.Range[int, 0, LARGEST_SEED] = PaintSettings.seed,
        alt_text: app_commands.Range[str, 1, LONGEST] = "",
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
            seed=seed,
        )
        (content_file, no_content), (style_file, no_style) = await asyncio.gather(
            _picture(finder, interaction, CONTENT, content, content_from),
            _picture(finder, interaction, STYLE, style, style_from),
        )
        draft = Draft(
            settings,
            content_file,
            style_file,
            saved_style,
            described(MASK, mask) if mask is not None else None,
            clean(alt_text),
            still,
        )
        if draft.content is None or draft.lacks_style:
            saved = await styles.offered(answers.guild_of(interaction))
            why = "\n".join(dict.fromkeys(reason for reason in (no_content, no_style) if reason))
            await interaction.response.send_modal(make_form(draft, saved, why))
            return
        await ask(interaction, effective, draft)

    command.autocomplete("saved_style")(style_choices(styles))
    command.autocomplete("content_from")(offer)
    command.autocomplete("style_from")(offer)
    return command


async def _picture(
    finder: PictureFinder,
    interaction: Interaction,
    called: str,
    file: discord.Attachment | None,
    text: str | None,
) -> tuple[UploadedFile | None, str]:
    """Give a picture, attached or pointed at; or None, and why nothing was found."""
    if file is not None:
        return described(called, file), ""
    if text is None:
        return None, ""
    try:
        return await finder.find(interaction, text, called), ""
    except NothingToPaint as error:
        return None, error.sentence
