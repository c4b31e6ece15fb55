"""The README names what members can type in Discord."""

from pathlib import Path

from bot.simulator import Simulator
from tests.end_to_end.harness import running_bot

README = (Path(__file__).parents[2] / "README.md").read_text()


async def test_every_command_is_documented(simulator: Simulator, data_dir: Path) -> None:
    """Each command and sub-command that the bot registers stands in the README's table."""
    async with running_bot(simulator, data_dir) as bot:
        typed = []
        for command in bot.app.client.tree.walk_commands():
            if not getattr(command, "commands", None):
                typed.append(f"/{command.qualified_name}")
    assert len(typed) > 15
    assert [name for name in typed if f"`{name}" not in README] == []
