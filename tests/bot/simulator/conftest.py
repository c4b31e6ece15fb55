"""A small bot that does one thing of each kind, on real discord.py."""

import asyncio
import io
from collections.abc import AsyncIterator

import discord
import pytest
from discord import app_commands

from bot.simulator import Simulator
from tests.bot.clients import QuickClient, running


class SignModal(discord.ui.Modal, title="Sign it"):
    """One text field."""

    name: discord.ui.TextInput["SignModal"] = discord.ui.TextInput(
        label="Your name", custom_id="name", max_length=20
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Say who signed."""
        await interaction.response.send_message(f"Signed by {self.name.value}")


class Buttons(discord.ui.View):
    """A button for each way to answer one, and a select."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Change", custom_id="change")
    async def change(
        self, interaction: discord.Interaction, button: discord.ui.Button["Buttons"]
    ) -> None:
        """Update the message at once."""
        await interaction.response.edit_message(content="changed")

    @discord.ui.button(label="Later", custom_id="later")
    async def later(
        self, interaction: discord.Interaction, button: discord.ui.Button["Buttons"]
    ) -> None:
        """Update the message after a deferral."""
        await interaction.response.defer()
        await interaction.edit_original_response(content="changed later")

    @discord.ui.button(label="Sign", custom_id="sign")
    async def sign(
        self, interaction: discord.Interaction, button: discord.ui.Button["Buttons"]
    ) -> None:
        """Open the modal."""
        await interaction.response.send_modal(SignModal(custom_id="sign-modal"))

    @discord.ui.select(
        custom_id="pick", options=[discord.SelectOption(label=x) for x in ("red", "blue")]
    )
    async def pick(
        self, interaction: discord.Interaction, select: discord.ui.Select["Buttons"]
    ) -> None:
        """Say what was chosen, to that member only."""
        await interaction.response.send_message(select.values[0], ephemeral=True)


class SmallBot(QuickClient):
    """Registers its commands on the first connection and keeps what it was given in `seen`."""

    def __init__(self) -> None:
        intents = discord.Intents.default()
        intents.members = True
        super().__init__(intents)
        self.seen: list[discord.Interaction] = []
        self.resumed = asyncio.Event()
        self.posted: list[discord.Message] = []
        self.release = asyncio.Event()
        self.faults: list[BaseException] = []
        _register(self)

        @self.tree.error
        async def keep(
            interaction: discord.Interaction, error: app_commands.AppCommandError
        ) -> None:
            self.faults.append(getattr(error, "original", error))

    async def setup_hook(self) -> None:
        """Sync the commands and take up the persistent buttons."""
        self.add_view(Buttons())
        await self.tree.sync()

    async def on_resumed(self) -> None:
        """Remember it."""
        self.resumed.set()

    async def on_message(self, message: discord.Message) -> None:
        """Remember it."""
        self.posted.append(message)


def _register(bot: SmallBot) -> None:
    tree = bot.tree

    @tree.command(description="Send the picture back")
    @app_commands.choices(preset=[app_commands.Choice(name="Mural", value="mural")])
    async def echo(
        interaction: discord.Interaction,
        picture: discord.Attachment,
        preset: app_commands.Choice[str] | None = None,
        size: app_commands.Range[int, 64, 1024] = 256,
        friend: discord.Member | None = None,
    ) -> None:
        bot.seen.append(interaction)
        await interaction.response.defer()
        content = await picture.read()
        message = await interaction.followup.send("working", wait=True)
        file = discord.File(io.BytesIO(content), "result.png", description="the same")
        embed = discord.Embed(title="Done").set_image(url="attachment://result.png")
        await message.edit(content=f"size {size}", embed=embed, attachments=[file])

    @tree.command(description="Say it to one member")
    async def whisper(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("psst", ephemeral=True)
        await interaction.followup.send("psst again", ephemeral=True)

    @tree.command(description="Show the buttons")
    async def buttons(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("look", view=Buttons())

    @tree.command(description="Take too long")
    async def slow(interaction: discord.Interaction) -> None:
        await bot.release.wait()
        await interaction.response.send_message("too late")

    @tree.command(description="Think until released, then finish")
    async def think(interaction: discord.Interaction, hidden: bool = False) -> None:
        bot.seen.append(interaction)
        await interaction.response.defer(thinking=True, ephemeral=hidden)
        await bot.release.wait()
        await interaction.followup.send("thought")

    @tree.command(description="Find a style")
    async def style(interaction: discord.Interaction, name: str, shade: int = 0) -> None:
        await interaction.response.send_message(name)

    @style.autocomplete("name")
    async def offer(
        interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        names = (n for n in ("starry", "stormy", "wave") if n.startswith(current))
        return [app_commands.Choice(name=n, value=n) for n in names]

    queue = app_commands.Group(name="queue", description="The queue")

    @queue.command(description="Show it")
    async def show(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("the queue is empty", ephemeral=True)

    tree.add_command(queue)

    @tree.context_menu(name="Use this picture")
    async def use(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{len(message.attachments)} picture(s)")

    @tree.context_menu(name="Who is this")
    async def who(interaction: discord.Interaction, member: discord.Member) -> None:
        await interaction.response.send_message(f"This is {member.display_name}")


@pytest.fixture
async def bot(simulator: Simulator) -> AsyncIterator[SmallBot]:
    """The small bot, connected to `simulator`."""
    client = SmallBot()
    async with running(client, simulator):
        yield client
