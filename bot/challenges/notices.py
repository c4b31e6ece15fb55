"""Texts about the announcements of challenges: whether they were posted, and why not."""

from collections.abc import Sequence

from bot.challenges.card import shown
from bot.challenges.model import Announcement, Challenge

RETRIED = "I keep trying; `/challenge repost` tries at once, there or in another channel."
REPOST = "`/challenge repost` posts it in a channel of your choice."


def why_delayed(challenge: Challenge, *, forbidden: bool) -> str:
    """Say why an announcement waits; `forbidden` where the bot lacks a permission."""
    if forbidden:
        return (
            f"I may not post in <#{challenge.channel_id}>. I need the permissions View Channel, "
            "Attach Files, and Send Messages (in a thread: Send Messages in Threads) there."
        )
    return f"Discord did not take the message for <#{challenge.channel_id}>."


def why_given_up(challenge: Challenge, *, gone: bool) -> str:
    """Say why an announcement is not tried again; `gone` where the channel was deleted."""
    if gone:
        return f"The channel for it, <#{challenge.channel_id}>, does not exist any more."
    return f"It could not be posted in <#{challenge.channel_id}>."


def host_message(challenge: Challenge, text: str) -> str:
    """Write the direct message to the member who started a challenge."""
    title = shown(challenge.terms.title)
    return f"Your challenge № {challenge.id}, *{title}*, is not announced as it should be. {text}"


def whether_announced(challenge: Challenge, announcements: Sequence[Announcement]) -> str:
    """Say whether a challenge is announced, with links, or why not.

    `announcements` are those of its present state, here and below.
    """
    failed = next((one for one in announcements if one.problem), None)
    if failed is not None:
        what_follows = REPOST if failed.given_up else RETRIED
        return f"It is not announced yet. {failed.problem} {what_follows}"
    if any(one.message_id is None for one in announcements):
        return f"It will be announced in <#{challenge.channel_id}> in a moment."
    return f"It is announced: {links(challenge, announcements)}"


def where_announced(
    challenge: Challenge, announcements: Sequence[Announcement], *, leads: bool
) -> str:
    """Link to the announcements of an open challenge; empty while there are none.

    A member that `leads` the challenge reads what failed or was deleted instead.
    """
    if leads and any(one.problem for one in announcements):
        return whether_announced(challenge, announcements)
    if leads and any(one.given_up for one in announcements):
        return "A message of it was deleted; `/challenge repost` posts it again."
    posted = [one for one in announcements if one.message_id is not None and not one.given_up]
    return f"Announced: {links(challenge, posted)}" if posted else ""


def links(challenge: Challenge, announcements: Sequence[Announcement]) -> str:
    """Link to the messages."""
    return " ".join(
        f"https://discord.com/channels/{challenge.guild_id}/{one.channel_id}/{one.message_id}"
        for one in announcements
    )
