"""What `/challenge status` shows a member, with the menus and buttons of an open challenge."""

from bot.challenges.announcement_rules import PER_MESSAGE, numbers_on_part
from bot.challenges.buttons import (
    ballot_page_buttons,
    choose_button,
    remove_menu,
    withdraw_menu,
)
from bot.challenges.card import MOST_LINES, Post, pictures_of, stage
from bot.challenges.model import ChallengeState, Contest, Entry
from bot.discord_io.components import AnyItem
from bot.discord_io.escaping import plain
from bot.discord_io.limits import MOST_OPTIONS
from bot.discord_io.lines import first_lines
from bot.languages.speech import _
from bot.people import Member

MOST_CHARACTERS = 900  # of a member's own entries


def status(contest: Contest, member: Member, page: int = 0) -> Post:
    """Show a member the state of an open challenge, with what they may do.

    While there is a vote it has a `page` of the ballot, numbered as the parts of the ballot are.
    """
    challenge, terms = contest.challenge, contest.challenge.terms
    own = [entry for entry in contest.entries if entry.member_id == member.id][::-1]
    lines = [
        _("🎨 ***{title}***, challenge № {id}", title=plain(terms.title), id=challenge.id),
        *([f"> {plain(terms.theme)}"] if terms.theme else []),
        stage(challenge),
        _("Entries: {number}", number=len(contest.live)),
        *first_lines([_own_line(entry) for entry in own], MOST_LINES, MOST_CHARACTERS),
    ]
    if challenge.state is ChallengeState.VOTING:
        return _voting_status(contest, member, page, lines)
    items: list[AnyItem] = []
    alive = [entry for entry in own if entry.removed is None]
    if alive:
        items.append(withdraw_menu(challenge, alive))
    if member.moderates or member.manages:
        for start in range(0, len(contest.live), MOST_OPTIONS):
            chunk = contest.live[start : start + MOST_OPTIONS]
            items.append(remove_menu(challenge, chunk, start))
    return Post("\n".join(lines), items=tuple(items))


def _voting_status(contest: Contest, member: Member, page: int, lines: list[str]) -> Post:
    challenge = contest.challenge
    last = max(0, (max((e.number or 0 for e in contest.ballot), default=0) - 1) // PER_MESSAGE)
    page = min(max(0, page), last)
    numbers = numbers_on_part(page)
    entries = [entry for entry in contest.ballot if entry.number in numbers]
    chosen = contest.votes.get(member.id)
    number = next((entry.number for entry in contest.ballot if entry.id == chosen), None)
    lines.append(
        _("Your vote: entry {number}", number=number) if number else _("You have not voted yet.")
    )
    if last:
        lines.append(_("Page {page} of {pages}", page=page + 1, pages=last + 1))
    items = [
        choose_button(
            challenge, entry, page, chosen=entry.id == chosen, own=entry.member_id == member.id
        )
        for entry in entries
    ]
    items += ballot_page_buttons(challenge, page, last + 1)
    if entries and (member.moderates or member.manages):
        items.append(remove_menu(challenge, entries, page, row=3))
    return Post("\n".join(lines), pictures_of(entries), tuple(items))


def _own_line(entry: Entry) -> str:
    if entry.removed is not None:
        return _(
            "Your painting № {number} was removed: {reason}",
            number=entry.job_id,
            reason=plain(entry.removed),
        )
    return _("Your entry: painting № {number}", number=entry.job_id)
