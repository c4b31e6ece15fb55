"""The `muralscape` subcommands that need only the engine."""
