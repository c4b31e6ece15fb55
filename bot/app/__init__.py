"""Builds every object of the bot; starts and stops them in order."""
