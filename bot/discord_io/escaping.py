"""Texts of members as parts of messages."""

import discord


def plain(text: str) -> str:
    """Escape a text, so that Discord shows it as it is written."""
    return discord.utils.escape_mentions(discord.utils.escape_markdown(text))


def name_of(name: str, member_id: int) -> str:
    """Write a member's stored display name; the mention where none was stored.

    A client shows a mention of a member that it has not cached as a number, unless the message
    notifies that member.
    """
    return plain(name) if name else f"<@{member_id}>"
