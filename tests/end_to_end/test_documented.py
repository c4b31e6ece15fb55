"""The page on the commands names what members can type in Discord."""

from pathlib import Path

from bot.simulator import Simulator
from tests.end_to_end.harness import running_bot

PAGE = (Path(__file__).parents[2] / "docs" / "discord.md").read_text()


async def test_every_command_is_documented(simulator: Simulator, data_dir: Path) -> None:
    """Each command and sub-command that the bot registers stands in its table."""
    async with running_bot(simulator, data_dir) as bot:
        typed = []
        for command in bot.app.client.tree.walk_commands():
            if not getattr(command, "commands", None):
                typed.append(f"/{command.qualified_name}")
    assert len(typed) > 15
    assert [name for name in typed if f"`{name}" not in PAGE] == []
