"""The messages of challenges. None of them notifies anybody: the client allows no mentions."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import discord

from bot.challenges.model import (
    FORGOTTEN,
    OPEN,
    Announcement,
    AnnouncementKind,
    Challenge,
    ChallengeState,
    Contest,
    Entry,
    Standing,
)
from bot.challenges.rules import PER_MESSAGE, on_part
from bot.discord_io.components import AnyItem, custom_id, view_of
from bot.discord_io.escaping import name_of
from bot.discord_io.lines import first_lines
from bot.people import Member

FEATURE = "challenges"
MOST_LINES = 20  # of a list; a message has at most 2,000 characters
MOST_CHARACTERS = 900  # of a member's own entries
MOST_OPTIONS = 25  # in one of Discord's menus
_STARTED_BY = " · started by "  # follows the marker of an opened challenge
_PLAIN = discord.ButtonStyle.secondary
_MEDALS = {1: "🥇", 2: "🥈", 3: "🥉"}


@dataclass(frozen=True)
class PostedPicture:
    """A picture of a message: its name in the store, and the number to draw on it, or 0."""

    file_name: str
    stored: str
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
    return f"-# Challenge № {challenge.id} · {kind.value}{f' · part {part + 1}' if part else ''}"


def has_marker(text: str, challenge: Challenge, kind: AnnouncementKind, part: int = 0) -> bool:
    """Say whether the last line of a text is such a marker, with or without the host's name."""
    last = text.rsplit("\n", 1)[-1]
    return last.split(_STARTED_BY)[0] == marker(challenge, kind, part)


def opened(contest: Contest) -> Post:
    """Announce a challenge and explain how to enter."""
    challenge, terms = contest.challenge, contest.challenge.terms
    lines = [f"🎨 **Challenge: *{shown(terms.title)}***"]
    if terms.theme:
        lines.append(f"> {shown(terms.theme)}")
    if challenge.state is ChallengeState.ENTERING:
        most = terms.entries_per_member
        open_to = f"members with <@&{terms.entry_role}>" if terms.entry_role else "everyone"
        lines += [
            f"Enter until {when(terms.entries_until)}, vote until {when(terms.voting_until)}.",
            "Paint with `/muralize`, then press 🏁 **Enter the challenge** under your painting, "
            f"or use `/challenge enter`. Open to {open_to}, "
            f"{'one painting' if most == 1 else f'{most} paintings'} each.",
        ]
    else:
        lines.append(f"Entering is over. {_stage(challenge)}")
    host = "" if challenge.host_id == FORGOTTEN else f"{_STARTED_BY}{_host(challenge)}"
    lines.append(marker(challenge, AnnouncementKind.OPENED) + host)
    style = (PostedPicture("style.jpg", terms.style),) if terms.style else ()
    return Post("\n".join(lines), style)


def ballot(contest: Contest, part: int) -> Post:
    """Show part of the entries without names, each with a button to vote for it."""
    challenge = contest.challenge
    numbers = on_part(contest, part)
    entries = [entry for entry in contest.ballot if entry.number in numbers]
    voting = challenge.state is ChallengeState.VOTING
    text = f"🗳️ **Vote: *{shown(challenge.terms.title)}***\n"
    if voting:
        text += (
            "Which is the best? Press its number. You have one vote until "
            f"{when(challenge.terms.voting_until)} and can change it as often as you like. "
            "The counts are shown at the end.\n"
        )
    else:
        text += f"{_stage(challenge)}\n"
    buttons = tuple(_vote_button(challenge, entry) for entry in entries) if voting else ()
    text += marker(challenge, AnnouncementKind.VOTING, part)
    return Post(text, _pictures(entries), buttons)


def results(contest: Contest) -> Post:
    """Show the results, with names."""
    challenge = contest.challenge
    placed = sorted(contest.live, key=lambda entry: (entry.rank or 0, entry.number or 0))
    text = f"🏆 **Results: *{shown(challenge.terms.title)}***\n"
    if not placed:
        text += "Nobody entered.\n"
    elif not any(entry.votes for entry in placed):
        text += "Nobody voted, so nobody won.\n"
    text += "\n".join(_result_line(entry) for entry in placed[:MOST_LINES])
    if len(placed) > MOST_LINES:
        text += f"\nand {len(placed) - MOST_LINES} more"
    text = f"{text.rstrip()}\n{marker(challenge, AnnouncementKind.CLOSED)}"
    return Post(text, _pictures(placed[:PER_MESSAGE]))


def cancelled(contest: Contest) -> Post:
    """Announce that a challenge was cancelled."""
    challenge = contest.challenge
    title = shown(challenge.terms.title)
    return Post(
        f"🚫 **Cancelled: *{title}***\nThis challenge ends without a result.\n"
        f"{marker(challenge, AnnouncementKind.CANCELLED)}"
    )


def removed(contest: Contest, entry_id: int) -> Post:
    """Tell an author the reason why their entry was removed."""
    challenge = contest.challenge
    entry = next(entry for entry in contest.entries if entry.id == entry_id)
    return Post(
        f"A moderator removed your painting № {entry.job_id} from the challenge "
        f"*{shown(challenge.terms.title)}*.\nReason: {shown(entry.removed or '')}\n"
        f"{marker(challenge, AnnouncementKind.REMOVED, entry_id)}"
    )


def status(contest: Contest, member: Member, page: int = 0) -> Post:
    """Show a member the state of an open challenge, with what they may do.

    While there is a vote it has a `page` of the ballot, numbered as the parts of the ballot are.
    """
    challenge, terms = contest.challenge, contest.challenge.terms
    own = [entry for entry in contest.entries if entry.member_id == member.id][::-1]
    lines = [
        f"🎨 ***{shown(terms.title)}***, challenge № {challenge.id}",
        *([f"> {shown(terms.theme)}"] if terms.theme else []),
        _stage(challenge),
        f"Entries: {len(contest.live)}",
        *first_lines([_own_line(entry) for entry in own], MOST_LINES, MOST_CHARACTERS),
    ]
    if challenge.state is ChallengeState.VOTING:
        return _voting_status(contest, member, page, lines)
    items: list[AnyItem] = []
    alive = [entry for entry in own if entry.removed is None]
    if alive:
        items.append(_menu(challenge, alive[:MOST_OPTIONS], "Withdraw an entry…", "withdraw"))
    if member.moderates or member.manages:
        for start in range(0, len(contest.live), MOST_OPTIONS):
            chunk = contest.live[start : start + MOST_OPTIONS]
            items.append(_menu(challenge, chunk, "Remove an entry…", "remove", str(start)))
    return Post("\n".join(lines), items=tuple(items))


def _voting_status(contest: Contest, member: Member, page: int, lines: list[str]) -> Post:
    challenge = contest.challenge
    last = max(0, (max((e.number or 0 for e in contest.ballot), default=0) - 1) // PER_MESSAGE)
    page = min(max(0, page), last)
    numbers = on_part(contest, page)
    entries = [entry for entry in contest.ballot if entry.number in numbers]
    chosen = contest.votes.get(member.id)
    number = next((entry.number for entry in contest.ballot if entry.id == chosen), None)
    lines.append(f"Your vote: entry {number}" if number else "You have not voted yet.")
    if last:
        lines.append(f"Page {page + 1} of {last + 1}")
    items: list[AnyItem] = [
        discord.ui.Button[discord.ui.View](
            label=str(entry.number),
            style=discord.ButtonStyle.success if entry.id == chosen else _PLAIN,
            disabled=entry.member_id == member.id,  # nobody votes for their own
            custom_id=custom_id(FEATURE, challenge.id, "choose", entry.number, page),
        )
        for entry in entries
    ]
    if last:
        items += [
            discord.ui.Button[discord.ui.View](
                emoji=emoji,
                disabled=not 0 <= page + step <= last,
                custom_id=custom_id(FEATURE, challenge.id, "page", max(0, page + step), way),
                row=2,
            )
            for emoji, step, way in (("◀️", -1, "back"), ("▶️", 1, "on"))
        ]
    if entries and (member.moderates or member.manages):
        menu = _menu(challenge, entries, "Remove an entry…", "remove", str(page))
        menu.row = 3
        items.append(menu)
    return Post("\n".join(lines), _pictures(entries), tuple(items))


def entered(contest: Contest, job_id: int) -> str:
    """Confirm an entry."""
    terms = contest.challenge.terms
    return (
        f"Your painting № {job_id} is in the challenge *{shown(terms.title)}*. You can withdraw "
        f"it with `/challenge status` until {when(terms.entries_until)}."
    )


def leaderboard(standings: Sequence[Standing]) -> str:
    """List the members with the most wins, podiums and votes."""
    if not standings:
        return "No challenge has ended in this server yet."
    lines = [
        f"{_place(standing.rank)} {name_of(standing.name, standing.member_id)}"
        f" · {_count(standing.wins, 'win')}"
        f" · {standing.podiums} in the first three · {_count(standing.votes, 'vote')}"
        for standing in standings[:MOST_LINES]
    ]
    return "\n".join(["🏆 **Leaderboard** over all challenges", *lines])


def shown(name: str) -> str:
    """Escape a text, in addition to cleaning."""
    return discord.utils.escape_mentions(discord.utils.escape_markdown(name))


def when(moment: float) -> str:
    """Write a time so that Discord shows it in each member's time zone, and relative to now."""
    return f"<t:{round(moment)}:f> (<t:{round(moment)}:R>)"


def _stage(challenge: Challenge) -> str:
    return {
        ChallengeState.ENTERING: f"You can enter until {when(challenge.terms.entries_until)}.",
        ChallengeState.VOTING: f"You can vote until {when(challenge.terms.voting_until)}.",
        ChallengeState.CLOSED: "The voting is over; see `/challenge results`.",
        ChallengeState.CANCELLED: "This challenge was cancelled.",
    }[challenge.state]


def _vote_button(challenge: Challenge, entry: Entry) -> AnyItem:
    return discord.ui.Button[discord.ui.View](
        label=str(entry.number), custom_id=custom_id(FEATURE, challenge.id, "vote", entry.number)
    )


def _menu(challenge: Challenge, entries: Sequence[Entry], placeholder: str, *path: str) -> AnyItem:
    return discord.ui.Select[discord.ui.View](
        custom_id=custom_id(FEATURE, challenge.id, *path),
        placeholder=placeholder,
        options=[
            discord.SelectOption(
                # the number of the painting would give away its author on the ballot
                label=f"Entry {entry.number}" if entry.number else f"Painting № {entry.job_id}",
                # nor its id, which follows the order of entering
                value=f"number {entry.number}" if entry.number else str(entry.id),
            )
            for entry in entries
        ],
    )


def _own_line(entry: Entry) -> str:
    if entry.removed is not None:
        return f"Your painting № {entry.job_id} was removed: {shown(entry.removed)}"
    return f"Your entry: painting № {entry.job_id}"


def _result_line(entry: Entry) -> str:
    gone = "a member with deleted data"
    author = name_of(entry.name, entry.member_id) if entry.member_id else gone
    number = f" · entry {entry.number}" if entry.number else ""
    return f"{_place(entry.rank or 0)} {author} · {_count(entry.votes or 0, 'vote')}{number}"


def _host(challenge: Challenge) -> str:
    return name_of(challenge.host_name, challenge.host_id)


def _place(rank: int) -> str:
    return _MEDALS.get(rank, f"**{rank}.**")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _pictures(entries: Sequence[Entry]) -> tuple[PostedPicture, ...]:
    return tuple(
        PostedPicture(f"entry-{entry.number}.jpg", entry.preview, entry.number or 0)
        for entry in entries
        if entry.preview
    )


def is_open(contest: Contest) -> bool:
    """Say whether a challenge is open."""
    return contest.challenge.state in OPEN
