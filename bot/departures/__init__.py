"""Servers that the bot was removed from, and members who left: what ends, what is deleted."""
