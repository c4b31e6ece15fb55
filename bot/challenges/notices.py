"""Texts about the announcements of challenges: whether they were posted, and why not."""

from collections.abc import Sequence

from bot.challenges.model import Announcement, Challenge, Problem
from bot.discord_io.escaping import plain
from bot.languages.speech import _, command


def retry_hint() -> str:
    """Say what happens after a failure that may pass."""
    return _(
        "I keep trying; {command} tries at once, there or in another channel.",
        command=command("challenge repost"),
    )


def repost_hint() -> str:
    """Say what a member can do after a failure that will not pass."""
    return _("{command} posts it in a channel of your choice.", command=command("challenge repost"))


def reason_of(challenge: Challenge, problem: str) -> str:
    """Say why an announcement is not posted.

    `problem` is a `Problem`, or a sentence that an older version stored.
    """
    channel = f"<#{challenge.channel_id}>"
    reasons: dict[str, str] = {
        Problem.FORBIDDEN: _(
            "I may not post in {channel}. I need the permissions View Channel, Attach Files, and "
            "Send Messages there; in a thread Send Messages in Threads, and it must not be locked.",
            channel=channel,
        ),
        Problem.NOT_TAKEN: _("Discord did not take the message for {channel}.", channel=channel),
        Problem.GONE: _("The channel for it, {channel}, does not exist any more.", channel=channel),
    }
    impossible = _("It could not be posted in {channel}.", channel=channel)
    reasons |= {Problem.FAULT: impossible, Problem.IMPOSSIBLE: impossible}
    return reasons.get(problem, problem)


def host_message(challenge: Challenge, problem: Problem, what_follows: str) -> str:
    """Write the direct message to the host of a challenge."""
    opening = _(
        "Your challenge № {id}, *{title}*, is not announced as it should be.",
        id=challenge.id,
        title=plain(challenge.terms.title),
    )
    return f"{opening} {reason_of(challenge, problem)} {what_follows}"


def announcement_report(challenge: Challenge, announcements: Sequence[Announcement]) -> str:
    """Say whether a challenge is announced, with links, or why not.

    `announcements` are those of its present state. The ballot of a voting may be several messages.
    """
    failed = [one for one in announcements if one.problem]
    if failed:
        # what was given up comes first, as somebody has to act on it
        worst = next((one for one in failed if one.given_up), failed[0])
        what_follows = repost_hint() if worst.given_up else retry_hint()
        reason = reason_of(challenge, worst.problem)
        return f"{_so_far(challenge, announcements)}{reason} {what_follows}"
    if any(one.given_up for one in announcements):
        return _(
            "A message of it was deleted; {command} posts it again.",
            command=command("challenge repost"),
        )
    if any(one.message_id is None for one in announcements):
        return _(
            "It will be announced in {channel} in a moment.",
            channel=f"<#{challenge.channel_id}>",
        )
    return _("It is announced: {links}", links=links(challenge, announcements))


def _so_far(challenge: Challenge, announcements: Sequence[Announcement]) -> str:
    """Say what is posted of an announcement of which something failed; a sentence follows."""
    posted = _posted(announcements)
    if not posted:
        return _("It is not announced yet.") + " "
    shown = links(challenge, posted)
    if len(posted) < len(announcements):
        return _("Only a part of it is announced: {links}", links=shown) + "\n"
    return _("It is announced, but could not be brought up to date: {links}", links=shown) + "\n"


def announcement_links(
    challenge: Challenge, announcements: Sequence[Announcement], *, leads: bool
) -> str:
    """Link to what is posted of an open challenge's present state; empty where nothing is.

    A member that `leads` the challenge reads a report instead where one failed or was deleted.
    """
    if leads and any(one.problem or one.given_up for one in announcements):
        return announcement_report(challenge, announcements)
    posted = _posted(announcements)
    return _("Announced: {links}", links=links(challenge, posted)) if posted else ""


def _posted(announcements: Sequence[Announcement]) -> list[Announcement]:
    """List those with a message, as far as is known."""
    return [one for one in announcements if one.message_id is not None and not one.given_up]


def links(challenge: Challenge, announcements: Sequence[Announcement]) -> str:
    """Write the addresses of the messages."""
    return " ".join(
        f"https://discord.com/channels/{challenge.guild_id}/{one.channel_id}/{one.message_id}"
        for one in announcements
    )
