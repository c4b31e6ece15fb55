"""What is said about the announcements of a challenge."""

from dataclasses import replace

import pytest

from bot.challenges.model import (
    Announcement,
    AnnouncementKind,
    Challenge,
    ChallengeState,
    Problem,
    Terms,
)
from bot.challenges.notices import announcement_links, announcement_report

TERMS = Terms("Night", "", 10.0, 20.0)
CHALLENGE = Challenge(1, 10, 20, 99, ChallengeState.VOTING, TERMS, 0, 0.0)
UNSENT = Announcement(1, 1, AnnouncementKind.VOTING, 0, "1")
SENT = replace(UNSENT, channel_id=20, message_id=700)
REFUSED = replace(UNSENT, part=1, failures=1, problem=Problem.FORBIDDEN)
IMPOSSIBLE = replace(UNSENT, part=1, given_up=True, problem=Problem.IMPOSSIBLE)
STALE = replace(SENT, stale=True, failures=1, problem=Problem.FORBIDDEN)
DELETED = replace(SENT, message_id=701, given_up=True)


@pytest.mark.parametrize(
    ("parts", "beginning", "linked", "end"),
    [
        ([SENT], "It is announced:", "/700", "/700"),
        ([SENT, UNSENT], "It will be announced in <#20> in a moment", "", "moment."),
        ([REFUSED, UNSENT], "It is not announced yet. I may not post", "", "another channel."),
        ([SENT, REFUSED], "Only a part of it is announced:", "/700\n", "another channel."),
        ([REFUSED, IMPOSSIBLE], "It is not announced yet.", "", "of your choice."),
        ([STALE], "It is announced, but could not be brought up to date:", "/700\n", "channel."),
        ([SENT, DELETED], "A message of it was deleted", "", "posts it again."),
        ([DELETED, REFUSED], "It is not announced yet.", "", "another channel."),
    ],
)
def test_what_the_host_reads(
    parts: list[Announcement], beginning: str, linked: str, end: str
) -> None:
    """It says which messages are posted, what the others wait for, and what the host can do."""
    said = announcement_report(CHALLENGE, parts)
    assert said.startswith(beginning)
    assert linked in said
    assert said.endswith(end)
    assert "/701" not in said


def test_what_others_read() -> None:
    """They get links to what is posted, and nothing about failures."""
    said = announcement_links(CHALLENGE, [SENT, REFUSED, DELETED], leads=False)
    assert said == "Announced: https://discord.com/channels/10/20/700"
    assert announcement_links(CHALLENGE, [REFUSED], leads=False) == ""
