"""Derives from a change of a challenge its messages, edits, and lines of the log. Pure."""

import math
from collections.abc import Iterator, Sequence

from bot import journal
from bot.challenges.model import AnnouncementKind, ChallengeState, Contest, Entry
from bot.people import Member

PER_MESSAGE = 10  # pictures; Discord takes no more

ANNOUNCED_BY = {  # what announces that a challenge is in this state
    ChallengeState.ENTERING: AnnouncementKind.OPENED,
    ChallengeState.VOTING: AnnouncementKind.VOTING,
    ChallengeState.CLOSED: AnnouncementKind.CLOSED,
    ChallengeState.CANCELLED: AnnouncementKind.CANCELLED,
}


def new_announcements(
    before: Contest | None, after: Contest
) -> Iterator[tuple[AnnouncementKind, int]]:
    """List the announcements of a change, as kind and part; a new challenge has no `before`."""
    state = after.challenge.state
    if before is None:
        yield AnnouncementKind.OPENED, 0
        return
    if state is not before.challenge.state:
        if state is ChallengeState.VOTING:
            parts = math.ceil(len(after.ballot) / PER_MESSAGE)
            for part in range(parts):
                yield AnnouncementKind.VOTING, part
        else:
            yield ANNOUNCED_BY[state], 0
    for entry in newly_removed(before, after):
        yield AnnouncementKind.REMOVED, entry.id


def newly_removed(before: Contest, after: Contest) -> list[Entry]:
    """List the entries that a change has removed."""
    already = {entry.id for entry in before.entries if entry.removed is not None}
    return [e for e in after.entries if e.removed is not None and e.id not in already]


def numbers_on_part(part: int) -> Sequence[int]:
    """Give the numbers on a part of the ballot; those of removed entries are not used again."""
    return range(part * PER_MESSAGE + 1, (part + 1) * PER_MESSAGE + 1)


def makes_stale(before: Contest, after: Contest) -> bool:
    """Say whether messages that were sent before a change show an old state after it."""
    return _visible(before) != _visible(after)


def _visible(contest: Contest) -> tuple[object, ...]:
    """Give all of a contest that its messages show."""
    challenge = contest.challenge
    visible = (challenge.state, challenge.terms.title, challenge.terms.theme)
    if challenge.state is ChallengeState.ENTERING:  # entries are not shown yet
        return visible
    return *visible, [(entry.id, entry.picture, entry.member_id) for entry in contest.live]


def journal_entries(
    before: Contest, after: Contest, moderator: Member
) -> list[journal.JournalEntry]:
    """Give what the moderators' log says of the entries that a change has removed."""
    return [
        journal.JournalEntry(
            after.challenge.guild_id,
            journal.Deed.REMOVED,
            journal.Person(moderator.id, moderator.name),
            journal.Person(entry.member_id, entry.name),
            f"№ {entry.job_id}",
            entry.removed or "",
            challenge=after.challenge.id,
        )
        for entry in newly_removed(before, after)
    ]
