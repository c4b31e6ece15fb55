"""The `muralscape` command and its subcommands, one module each."""

from bot.cli.group import SUBCOMMANDS, main, muralscape

__all__ = ["SUBCOMMANDS", "main", "muralscape"]
