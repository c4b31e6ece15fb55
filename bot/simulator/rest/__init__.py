"""Discord's REST API, version 10, as far as this bot uses it."""
