"""`/privacy export` and `/privacy delete`."""

import asyncio

import discord
from discord import app_commands

from bot.discord_io.client import ANYBODY, ANYWHERE
from bot.discord_io.components import Handler, Interaction, Press, custom_id, view_of
from bot.languages.speech import _, ngettext, pgettext
from bot.privacy.service import PrivacyService

FEATURE = "privacy"
LARGEST_FILE = 8 * 2**20  # bytes; Discord takes 10 MiB or more, with all that is around it


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
        most_bytes = min(interaction.filesize_limit, LARGEST_FILE)
        async with privacy.export(interaction.user.id, most_bytes) as files:
            for number, path in enumerate(files, 1):
                name, text = _called(number, len(files))
                what = _("The data that the bot keeps about you")
                file = await asyncio.to_thread(discord.File, path, name, description=what)
                if number == 1:
                    await interaction.edit_original_response(content=text, attachments=[file])
                else:
                    await interaction.followup.send(text, file=file, ephemeral=True)

    @group.command(name="delete", description="Delete the data that the bot keeps about you")
    async def delete(interaction: Interaction) -> None:
        button: discord.ui.Button[discord.ui.View] = discord.ui.Button(
            label=pgettext("button", "Delete everything"),
            style=discord.ButtonStyle.danger,
            custom_id=custom_id(FEATURE, "delete"),
        )
        await interaction.response.send_message(_warning(), view=view_of(button), ephemeral=True)

    async def pressed(interaction: Interaction, _press: Press) -> None:
        # the message is ephemeral, so only the member can press its button
        await interaction.response.defer()
        left = await privacy.delete(interaction.user.id)
        await interaction.edit_original_response(content=_outcome(left), view=None)

    return group, pressed


def _warning() -> str:
    """Say what a deletion deletes, and what it leaves."""
    return "\n".join(
        (
            _(
                "This deletes the data that the bot keeps about you **in all servers**: your "
                "paintings and their pictures, the styles you saved, your entries and votes in "
                "challenges. Queued and running paintings are cancelled. In closed challenges the "
                "counts stay, without your name and picture. You cannot undo this."
            ),
            _(
                "-# Messages in channels stay there until you or a moderator delete them. A block "
                "against you stays until it ends; what you used of a server's painting time counts "
                "for a day."
            ),
        )
    )


def _called(number: int, count: int) -> tuple[str, str]:
    """Give the name of a part of an export, and the text of its message."""
    text = _("This is the data that the bot keeps about you, in all servers.")
    if count == 1:
        return "muralscape-privacy.json", text
    name = f"muralscape-privacy-{number}-of-{count}.json"
    if number == 1:
        parts = _("It comes in {count} files.", count=count)
        return name, f"{text} {parts}"
    return name, _("File {number} of {count}.", number=number, count=count)


def _outcome(left: int) -> str:
    if not left:
        return _("Your data is deleted.")
    return ngettext(
        "Deleted, except for one painting, which is still being cancelled. Try again in a minute.",
        "Deleted, except for {n} paintings, which are still being cancelled. Try again in a "
        "minute.",
        left,
    )
