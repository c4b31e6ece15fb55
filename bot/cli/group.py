"""The `muralscape` command. Each subcommand is imported only when it is called."""

import importlib
from collections.abc import Sequence

import click

from engine.commands import exits

# name -> (module with a click command called `command`, one line of help)
SUBCOMMANDS = {
    "paint": ("engine.commands.paint", "Repaint one picture in the style of others."),
    "weights": (
        "engine.commands.weights",
        "Say which VGG-19 weights there are, or fetch ImageNet's.",
    ),
    "run": ("bot.cli.run", "Run the Discord bot."),
    "worker": ("bot.cli.worker", "Paint for a bot on another machine, over NATS."),
    "simulate": ("bot.cli.simulate", "Try the bot in a browser, without a Discord account."),
    "check": ("bot.cli.check", "Check a set-up, with advice on each fault."),
    "invite": ("bot.cli.invite", "Print the link that adds the bot to a server."),
    "block": ("bot.cli.block", "Keep members and servers from using the bot."),
    "backup": ("bot.cli.backup", "Write the database and the pictures to a file."),
    "restore": ("bot.cli.restore", "Restore a backup into an empty data folder."),
    "db": ("bot.cli.db", "Manage the database."),
}


class LazyGroup(click.Group):
    """A group that imports the module of a subcommand when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the subcommands in the order of the table."""
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a subcommand; None where there is none of that name."""
        if cmd_name not in SUBCOMMANDS:
            return None
        module = importlib.import_module(SUBCOMMANDS[cmd_name][0])
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in SUBCOMMANDS.items()])


@click.group(cls=LazyGroup)
@click.version_option(package_name="muralscape")
def muralscape() -> None:
    """Repaints pictures in the style of others, on the command line and in Discord."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit, with a code from `engine.commands.exits.run`."""
    exits.run(muralscape, "muralscape", arguments)
