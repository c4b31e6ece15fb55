"""Muralscape's Discord bot and the service around it."""
