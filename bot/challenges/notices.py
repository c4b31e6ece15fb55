"""What is said about announcements: whether they arrived, and why not."""

from collections.abc import Sequence

from bot.challenges.card import shown
from bot.challenges.model import Announcement, Challenge

RETRIED = "I keep trying; `/challenge repost` tries at once, there or in another channel."
REPOST = "`/challenge repost` posts it in a channel of your choice."


def problem(challenge: Challenge, *, forbidden: bool) -> str:
    """Say why an announcement waits; `forbidden` where the bot lacks a permission."""
    if forbidden:
        return (
            f"I may not post in <#{challenge.channel_id}>. I need the permissions View Channel, "
            "Attach Files, and Send Messages (in a thread: Send Messages in Threads) there."
        )
    return f"Discord did not take the message for <#{challenge.channel_id}>."


def given_up(challenge: Challenge, *, gone: bool) -> str:
    """Say why an announcement is not tried again; `gone` where the channel was deleted."""
    if gone:
        return f"The channel for it, <#{challenge.channel_id}>, does not exist any more."
    return f"It could not be posted in <#{challenge.channel_id}>."


def to_host(challenge: Challenge, text: str) -> str:
    """Write the direct message to the member who started a challenge."""
    title = shown(challenge.terms.title)
    return f"Your challenge № {challenge.id}, *{title}*, is not announced as it should be. {text}"


def outcome(challenge: Challenge, announcements: Sequence[Announcement]) -> str:
    """Say whether the present state of a challenge is announced, with links or the reason."""
    failed = next((one for one in announcements if one.problem), None)
    if failed is not None:
        what = REPOST if failed.given_up else RETRIED
        return f"It is not announced yet. {failed.problem} {what}"
    if any(one.message_id is None for one in announcements):
        return f"It will be announced in <#{challenge.channel_id}> in a moment."
    return f"It is announced: {links(challenge, announcements)}"


def where(challenge: Challenge, announcements: Sequence[Announcement], *, leads: bool) -> str:
    """Say where the announcement of an open challenge is; empty where nothing is to be said.

    Only those who lead the challenge read of failures.
    """
    there = [one for one in announcements if one.message_id is not None and not one.given_up]
    if leads and any(one.problem for one in announcements):
        return outcome(challenge, announcements)
    if leads and any(one.given_up for one in announcements):
        return "A message of it was deleted; `/challenge repost` posts it again."
    return f"Announced: {links(challenge, there)}" if there else ""


def links(challenge: Challenge, announcements: Sequence[Announcement]) -> str:
    """Link to the messages."""
    return " ".join(
        f"https://discord.com/channels/{challenge.guild_id}/{one.channel_id}/{one.message_id}"
        for one in announcements
    )
