"""The messages of challenges. They notify nobody: the client allows no mentions."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import discord

from bot.challenges.announcement_rules import PER_MESSAGE, numbers_on_part
from bot.challenges.buttons import vote_button
from bot.challenges.model import (
    FORGOTTEN,
    Announcement,
    AnnouncementKind,
    Challenge,
    ChallengeState,
    Contest,
    Entry,
    LeaderboardLine,
    Terms,
)
from bot.discord_io.components import AnyItem, view_of
from bot.discord_io.escaping import name_of, plain
from bot.discord_io.lines import first_lines
from bot.discord_io.timestamps import when
from bot.languages.speech import _, command, in_every_language, is_decorated, ngettext, pgettext

MOST_LINES = 20  # of a list; a message has at most 2,000 characters
MOST_OF_RESULTS = 1600  # characters
_MEDALS = {1: "🥇", 2: "🥈", 3: "🥉"}


@dataclass(frozen=True)
class PostedPicture:
    """A picture of a message: its name in the store, and the number to draw on it, or 0."""

    file_name: str
    stored: str
    alt_text: str
    number: int = 0


@dataclass(frozen=True)
class Post:
    """A message: its text, its pictures, its components."""

    text: str
    pictures: tuple[PostedPicture, ...] = ()
    items: tuple[AnyItem, ...] = field(default=())

    @property
    def view(self) -> discord.ui.View:
        """The components, laid out."""
        return view_of(*self.items)


def post(announcement: Announcement, contest: Contest) -> Post:
    """Make the message of an announcement, for the present state."""
    if announcement.kind is AnnouncementKind.VOTING:
        return ballot(contest, announcement.part)
    if announcement.kind is AnnouncementKind.REMOVED:
        return removed(contest, announcement.part)
    return {
        AnnouncementKind.OPENED: opened,
        AnnouncementKind.CLOSED: results,
        AnnouncementKind.CANCELLED: cancelled,
    }[announcement.kind](contest)


def marker(challenge: Challenge, kind: AnnouncementKind, part: int = 0) -> str:
    """Write the line that identifies a message after a crash."""
    line = {
        AnnouncementKind.OPENED: _("-# Challenge № {id} · opened", id=challenge.id),
        AnnouncementKind.VOTING: _("-# Challenge № {id} · voting", id=challenge.id),
        AnnouncementKind.CLOSED: _("-# Challenge № {id} · closed", id=challenge.id),
        AnnouncementKind.CANCELLED: _("-# Challenge № {id} · cancelled", id=challenge.id),
        AnnouncementKind.REMOVED: _("-# Challenge № {id} · removed", id=challenge.id),
    }[kind]
    return " · ".join((line, _("part {number}", number=part + 1))) if part else line


def has_marker(text: str, challenge: Challenge, kind: AnnouncementKind, part: int = 0) -> bool:
    """Say whether the last line of a text is such a marker, in any language.

    The host's name may follow that of an opened challenge.
    """
    last = text.rsplit("\n", 1)[-1]
    return any(
        last == line or (kind is AnnouncementKind.OPENED and last.startswith(f"{line} · "))
        for line in in_every_language(lambda: marker(challenge, kind, part))
    )


def opened(contest: Contest) -> Post:
    """Announce a challenge and explain how to enter."""
    challenge, terms = contest.challenge, contest.challenge.terms
    lines: list[str] = [_("🎨 **Challenge: *{title}***", title=plain(terms.title))]
    if terms.theme:
        lines.append(f"> {plain(terms.theme)}")
    if challenge.state is ChallengeState.ENTERING:
        entering, voting = when(terms.entries_until), when(terms.voting_until)
        lines += [
            _("Enter until {entering}, vote until {voting}.", entering=entering, voting=voting),
            f"{_how_to_enter()} {_open_to(terms)}",
        ]
    else:
        over = _("Entering is over.")
        lines.append(f"{over} {stage(challenge)}")
    last = marker(challenge, AnnouncementKind.OPENED)
    if challenge.host_id != FORGOTTEN:
        last = " · ".join((last, _("started by {host}", host=_host(challenge))))
    lines.append(last)
    if terms.style is None:
        return Post("\n".join(lines))
    alt_text = _("The style of the challenge")
    return Post("\n".join(lines), (PostedPicture("style.jpg", terms.style, alt_text),))


def _how_to_enter() -> str:
    label = pgettext("button", "Enter the challenge")
    return _(
        "Paint with {muralize}, then press {button} under your painting, or use {enter}.",
        muralize=command("muralize"),
        button=f"🏁 **{label}**" if is_decorated() else f"**{label}**",
        enter=command("challenge enter"),
    )


def _open_to(terms: Terms) -> str:
    most = terms.entries_per_member
    if terms.entry_role is None:
        return ngettext(
            "Open to everyone, one painting each.", "Open to everyone, {n} paintings each.", most
        )
    return ngettext(
        "Open to members with {role}, one painting each.",
        "Open to members with {role}, {n} paintings each.",
        most,
        role=f"<@&{terms.entry_role}>",
    )


def ballot(contest: Contest, part: int) -> Post:
    """Show part of the entries without names, each with a button to vote for it."""
    challenge = contest.challenge
    numbers = numbers_on_part(part)
    entries = [entry for entry in contest.ballot if entry.number in numbers]
    voting = challenge.state is ChallengeState.VOTING
    lines = (
        _("🗳️ **Vote: *{title}***", title=plain(challenge.terms.title)),
        _(
            "Which is the best? Press its number. You have one vote until {until} and can change "
            "it as often as you like. The counts are shown at the end.",
            until=when(challenge.terms.voting_until),
        )
        if voting
        else stage(challenge),
        marker(challenge, AnnouncementKind.VOTING, part),
    )
    buttons = tuple(vote_button(challenge, entry) for entry in entries) if voting else ()
    return Post("\n".join(lines), pictures_of(entries), buttons)


def results(contest: Contest) -> Post:
    """Show the results, with names."""
    challenge = contest.challenge
    placed = sorted(contest.live, key=lambda entry: (entry.rank or 0, entry.number or 0))
    lines: list[str] = [_("🏆 **Results: *{title}***", title=plain(challenge.terms.title))]
    if not placed:
        lines.append(_("Nobody entered."))
    elif not any(entry.votes for entry in placed):
        lines.append(_("Nobody voted, so nobody won."))
    lines += first_lines([_result_line(entry) for entry in placed], MOST_LINES, MOST_OF_RESULTS)
    lines.append(marker(challenge, AnnouncementKind.CLOSED))
    return Post("\n".join(lines), pictures_of(placed[:PER_MESSAGE]))


def cancelled(contest: Contest) -> Post:
    """Announce that a challenge was cancelled."""
    challenge = contest.challenge
    lines = (
        _("🚫 **Cancelled: *{title}***", title=plain(challenge.terms.title)),
        _("This challenge ends without a result."),
        marker(challenge, AnnouncementKind.CANCELLED),
    )
    return Post("\n".join(lines))


def removed(contest: Contest, entry_id: int) -> Post:
    """Tell an author the reason why their entry was removed."""
    challenge = contest.challenge
    entry = next(entry for entry in contest.entries if entry.id == entry_id)
    lines = (
        _(
            "A moderator removed your painting № {number} from the challenge *{title}*.",
            number=entry.job_id,
            title=plain(challenge.terms.title),
        ),
        _("Reason: {reason}", reason=plain(entry.removed or "")),
        marker(challenge, AnnouncementKind.REMOVED, entry_id),
    )
    return Post("\n".join(lines))


def entered(contest: Contest, job_id: int) -> str:
    """Confirm an entry."""
    terms = contest.challenge.terms
    return _(
        "Your painting № {number} is in the challenge *{title}*. You can withdraw it with "
        "{command} until {until}.",
        number=job_id,
        title=plain(terms.title),
        command=command("challenge status"),
        until=when(terms.entries_until),
    )


def new_state(challenge: Challenge) -> str:
    """Say which state a challenge has come to."""
    return {
        ChallengeState.ENTERING: _("The challenge is now open for entries."),
        ChallengeState.VOTING: _("The challenge is now voting."),
        ChallengeState.CLOSED: _("The challenge is now closed."),
        ChallengeState.CANCELLED: _("The challenge is now cancelled."),
    }[challenge.state]


def leaderboard(standings: Sequence[LeaderboardLine]) -> str:
    """List the members with the most wins, podiums and votes."""
    if not standings:
        return _("No challenge has ended in this server yet.")
    lines = [
        " · ".join(
            (
                f"{_place(standing.rank, standing.votes)} "
                f"{name_of(standing.name, standing.member_id)}",
                ngettext("{n} win", "{n} wins", standing.wins),
                _("{number} in the first three", number=standing.podiums),
                _votes(standing.votes),
            )
        )
        for standing in standings[:MOST_LINES]
    ]
    return "\n".join([_("🏆 **Leaderboard** over all challenges"), *lines])


def stage(challenge: Challenge) -> str:
    """Say what can be done in a challenge now, or how it ended."""
    return {
        ChallengeState.ENTERING: _(
            "You can enter until {until}.", until=when(challenge.terms.entries_until)
        ),
        ChallengeState.VOTING: _(
            "You can vote until {until}.", until=when(challenge.terms.voting_until)
        ),
        ChallengeState.CLOSED: _(
            "The voting is over; see {command}.", command=command("challenge results")
        ),
        ChallengeState.CANCELLED: _("This challenge was cancelled."),
    }[challenge.state]


def _result_line(entry: Entry) -> str:
    gone = _("a member with deleted data")
    author = name_of(entry.name, entry.member_id) if entry.member_id else gone
    votes = entry.votes or 0
    parts = [f"{_place(entry.rank or 0, votes)} {author}", _votes(votes)]
    if entry.number:
        parts.append(_("entry {number}", number=entry.number))
    return " · ".join(parts)


def _host(challenge: Challenge) -> str:
    return name_of(challenge.host_name, challenge.host_id)


def _place(rank: int, votes: int) -> str:
    """Write a place: without a vote it has no medal, and where nobody voted there is none."""
    if votes:
        return _MEDALS.get(rank, f"**{rank}.**")
    return f"**{rank}.**" if rank > 1 else "•"


def _votes(number: int) -> str:
    return ngettext("{n} vote", "{n} votes", number)


def pictures_of(entries: Sequence[Entry]) -> tuple[PostedPicture, ...]:
    """Give the pictures of entries, with their numbers; those of deleted ones are left out."""
    return tuple(
        PostedPicture(
            f"entry-{entry.number}.jpg",
            entry.preview,
            _("Entry {number}", number=entry.number),
            entry.number or 0,
        )
        for entry in entries
        if entry.preview
    )
