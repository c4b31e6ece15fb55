"""`/privacy export` and `/privacy delete`."""

import json

import discord
from discord import app_commands

from bot.discord_io.answers import Interaction
from bot.discord_io.client import ANYBODY, ANYWHERE
from bot.discord_io.components import Handler, Press, custom_id, view_of
from bot.discord_io.sending import Upload, files_of
from bot.privacy.service import PrivacyService

FEATURE = "privacy"

ASK = (
    "This deletes the data that the bot keeps about you **in all servers**: your paintings and "
    "their pictures, the styles you saved, your entries and votes in challenges. Queued and "
    "running paintings are cancelled. In closed challenges the counts stay, without your name and "
    "picture. You cannot undo this.\n"
    "-# Messages in channels stay there until you or a moderator delete them."
)
DONE = "Your data is deleted."


def make_group(privacy: PrivacyService) -> tuple[app_commands.Group, Handler]:
    """Make the group, and the handler of its button."""
    group = app_commands.Group(
        name="privacy",
        description="The data that the bot keeps about you",
        allowed_installs=ANYBODY,
        allowed_contexts=ANYWHERE,
    )

    @group.command(name="export", description="Get the data that the bot keeps about you")
    async def export(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        kept = await privacy.export(interaction.user.id)
        text = json.dumps(kept, indent=2, ensure_ascii=False)
        name, what = "muralscape-privacy.json", "The data that the bot keeps about you"
        await interaction.edit_original_response(
            content="This is the data that the bot keeps about you, in all servers.",
            attachments=files_of([Upload(name, text.encode(), what)]),
        )

    @group.command(name="delete", description="Delete the data that the bot keeps about you")
    async def delete(interaction: Interaction) -> None:
        button: discord.ui.Button[discord.ui.View] = discord.ui.Button(
            label="Delete everything",
            style=discord.ButtonStyle.danger,
            custom_id=custom_id(FEATURE, "delete"),
        )
        await interaction.response.send_message(ASK, view=view_of(button), ephemeral=True)

    async def pressed(interaction: Interaction, _: Press) -> None:
        # the message is ephemeral, so only the member can press its button
        await interaction.response.defer()
        left = await privacy.delete(interaction.user.id)
        await interaction.edit_original_response(content=_outcome(left), view=None)

    return group, pressed


def _outcome(left: int) -> str:
    if not left:
        return DONE
    what = "one painting, which is" if left == 1 else f"{left} paintings, which are"
    return f"Deleted, except for {what} still being cancelled. Try again in a minute."
