"""Blocked members and servers, features that are switched off, and the moderators' log."""
