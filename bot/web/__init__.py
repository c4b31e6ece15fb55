"""The bot's own pages: whether it is well, and what it does in numbers."""
