"""The rules of challenges: pure, each from a contest to the changed contest.

`now` is in Unix seconds. A rule that does not allow a change raises Refused with a sentence for the
member.
"""

from collections import Counter
from dataclasses import replace
from random import Random

from bot.challenges.model import (
    FORGOTTEN,
    Challenge,
    ChallengeState,
    Contest,
    Entry,
    FinishedPainting,
    Terms,
)
from bot.errors import ChallengeRefused
from bot.languages.speech import _, command, ngettext
from bot.people import Member

MINUTE, DAY = 60.0, 86_400.0
SHORTEST, LONGEST = MINUTE, 60 * DAY  # that entering and voting may each last
MOST_ENTRIES = 75  # in a challenge: three of Discord's menus


class LeadersOnly(ChallengeRefused):
    """The member is neither the host of the challenge nor a moderator."""


def leads(challenge: Challenge, member: Member) -> bool:
    """Say whether a member is the host of a challenge or a moderator."""
    return member.id == challenge.host_id or member.moderates or member.manages


def check_leader(challenge: Challenge, member: Member, sentence: str) -> None:
    """Refuse a member that does not lead a challenge, with this sentence."""
    if not leads(challenge, member):
        raise LeadersOnly(sentence)


def check_terms(terms: Terms, now: float) -> None:
    """Refuse deadlines that are too near, too far or in the wrong order, and a missing theme."""
    if not terms.theme and terms.style is None:
        raise ChallengeRefused(_("A challenge needs a theme, a style picture, or both."))
    days = round(LONGEST / DAY)
    if not SHORTEST <= terms.entries_until - now <= LONGEST:
        raise ChallengeRefused(_("Entering must last from a minute to {days} days.", days=days))
    if not SHORTEST <= terms.voting_until - terms.entries_until <= LONGEST:
        raise ChallengeRefused(_("Voting must last from a minute to {days} days.", days=days))


def enter(contest: Contest, painting: FinishedPainting, member: Member, now: float) -> Contest:
    """Add a member's own painting to a challenge."""
    challenge, terms = contest.challenge, contest.challenge.terms
    _check_state(challenge, ChallengeState.ENTERING, now)
    if painting.member_id != member.id or painting.guild_id != challenge.guild_id:
        raise ChallengeRefused(_("You can enter only your own paintings from this server."))
    if painting.spoiler:
        raise ChallengeRefused(
            _(
                "This painting was made from a picture marked as a spoiler, and challenges show "
                "entries openly."
            )
        )
    if painting.age_restricted and not challenge.age_restricted:
        raise ChallengeRefused(
            _(
                "This painting comes from an age-restricted channel, and this challenge is not "
                "in one."
            )
        )
    if terms.entry_role is not None and terms.entry_role not in member.roles:
        role = f"<@&{terms.entry_role}>"
        raise ChallengeRefused(_("Only members with {role} may enter this one.", role=role))
    if any(entry.job_id == painting.job_id for entry in contest.entries):
        raise ChallengeRefused(_("This painting is in the challenge already, or was."))
    own = sum(entry.member_id == member.id for entry in contest.entries)
    if own >= terms.entries_per_member:
        raise ChallengeRefused(
            ngettext(
                "Each member may enter {n} painting; withdraw one in {command} to enter another.",
                "Each member may enter {n} paintings; withdraw one in {command} to enter another.",
                terms.entries_per_member,
                command=command("challenge status"),
            )
        )
    if len(contest.live) >= MOST_ENTRIES:
        raise ChallengeRefused(
            _("This challenge is full: it has {number} entries.", number=MOST_ENTRIES)
        )
    entry = Entry(
        0, member.id, painting.job_id, painting.picture, painting.preview, now, member.name
    )
    return replace(contest, entries=(*contest.entries, entry))


def withdraw(contest: Contest, entry_id: int, member: Member, now: float) -> Contest:
    """Withdraw a member's own entry, before the voting begins."""
    entry = _find(contest, entry_id)
    if entry.member_id != member.id or entry.removed is not None:
        raise ChallengeRefused(_("This is not your entry."))
    _check_state(contest.challenge, ChallengeState.ENTERING, now)
    return _without(contest, entry)


def remove(contest: Contest, entry_id: int, member: Member, reason: str) -> Contest:
    """Remove an entry, as a moderator, for a reason; its voters can vote again."""
    if not (member.moderates or member.manages):
        raise LeadersOnly(_("Only moderators can remove an entry."))
    if not contest.challenge.is_open:
        raise ChallengeRefused(_("This challenge is over."))
    entry = _find(contest, entry_id)
    if entry.removed is not None:
        raise ChallengeRefused(_("This entry is removed already."))
    removed = replace(entry, removed=reason, number=None)
    return replace(_with(contest, removed), votes=_votes_without(contest, entry))


def vote(contest: Contest, number: int, member: Member, now: float) -> Contest:
    """Cast or change a member's vote."""
    challenge, terms = contest.challenge, contest.challenge.terms
    _check_state(challenge, ChallengeState.VOTING, now)
    if member.guild_id != challenge.guild_id:
        raise ChallengeRefused(_("Only members of the challenge's server may vote."))
    if not terms.newcomers_vote and member.joined_at > challenge.created_at:
        raise ChallengeRefused(
            _("Only members who joined before this challenge was started may vote.")
        )
    entry = next((entry for entry in contest.ballot if entry.number == number), None)
    if entry is None:
        raise ChallengeRefused(_("This entry is no longer in the challenge; choose another."))
    if entry.member_id == member.id:
        raise ChallengeRefused(_("You cannot vote for your own entry."))
    return replace(contest, votes={**contest.votes, member.id: entry.id})


def rename(contest: Contest, title: str | None, theme: str | None) -> Contest:
    """Give a challenge another title or theme; None leaves it as it is."""
    terms = contest.challenge.terms
    terms = replace(
        terms,
        title=terms.title if title is None else title,
        theme=terms.theme if theme is None else theme,
    )
    return replace(contest, challenge=replace(contest.challenge, terms=terms))


def move(contest: Contest, channel_id: int, *, age_restricted: bool) -> Contest:
    """Announce a challenge in another channel, which is `age_restricted` or not, from now on."""
    if contest.challenge.age_restricted and not age_restricted:
        raise ChallengeRefused(
            _("This challenge began in an age-restricted channel; choose such a one.")
        )
    return replace(contest, challenge=replace(contest.challenge, channel_id=channel_id))


def go_on(contest: Contest, now: float) -> Contest:
    """Open the voting, or close a challenge that has no entries or was voted on."""
    if contest.challenge.state is ChallengeState.ENTERING and contest.live:
        return _open_voting(contest, now)
    if contest.challenge.is_open:
        return _close(contest, now)
    raise ChallengeRefused(_("This challenge is over."))


def end_early(contest: Contest, now: float) -> Contest:
    """End the present stage, as a member asks.

    A vote that began a moment ago is not ended: two who close the entering at the same time, or one
    who does so as its deadline passes, do not mean the vote.
    """
    begun = contest.challenge.terms.entries_until
    is_voting = contest.challenge.state is ChallengeState.VOTING
    if is_voting and not contest.votes and 0 <= now - begun < MINUTE:
        raise ChallengeRefused(
            _(
                "The voting has only just begun, and nobody has voted yet. To end it too, close "
                "it in a minute."
            )
        )
    return go_on(contest, now)


def cancel(contest: Contest, now: float) -> Contest:
    """Cancel a challenge, without a result; the votes are deleted."""
    if not contest.challenge.is_open:
        raise ChallengeRefused(_("This challenge is over."))
    challenge = replace(contest.challenge, state=ChallengeState.CANCELLED, closed_at=now)
    return replace(contest, challenge=challenge, votes={})


def deadline(challenge: Challenge) -> float | None:
    """Give the time at which the present state ends by itself; None when the challenge is over."""
    if challenge.state is ChallengeState.ENTERING:
        return challenge.terms.entries_until
    if challenge.state is ChallengeState.VOTING:
        return challenge.terms.voting_until
    return None


def go_on_if_due(contest: Contest, now: float) -> Contest:
    """Go to the next state if its deadline has passed."""
    until = deadline(contest.challenge)
    return go_on(contest, now) if until is not None and until <= now else contest


def delete_painting(contest: Contest, entry: Entry) -> Contest:
    """Delete the painting of an entry, which stays without it if it was removed or is history."""
    if contest.challenge.is_open and entry.removed is None:
        return _without(contest, entry)
    return _with(contest, replace(entry, picture=None, preview=None))


def forget(contest: Contest, member_id: int) -> Contest:
    """Delete a member's paintings, votes and name."""
    for entry in contest.entries:
        if entry.member_id == member_id:
            contest = delete_painting(contest, entry)
    nameless = tuple(
        replace(entry, member_id=FORGOTTEN, name="") if entry.member_id == member_id else entry
        for entry in contest.entries
    )
    votes = {voter: entry for voter, entry in contest.votes.items() if voter != member_id}
    challenge = contest.challenge
    if challenge.host_id == member_id:
        challenge = replace(challenge, host_id=FORGOTTEN, host_name="")
    return Contest(challenge, nameless, votes)


def _open_voting(contest: Contest, now: float) -> Contest:
    """Number the entries in random order, so that the numbers do not give authors away."""
    shuffled = sorted(contest.live, key=lambda entry: entry.id)
    Random(contest.challenge.seed).shuffle(shuffled)
    numbers = {entry.id: number for number, entry in enumerate(shuffled, 1)}
    terms = contest.challenge.terms
    until = terms.voting_until
    if until <= now:  # the bot was down meanwhile, so the voting begins late
        until = now + terms.voting_until - terms.entries_until
    challenge = replace(
        contest.challenge,
        state=ChallengeState.VOTING,
        terms=replace(terms, entries_until=now, voting_until=until),
    )
    entries = tuple(replace(entry, number=numbers.get(entry.id)) for entry in contest.entries)
    return replace(contest, challenge=challenge, entries=entries)


def _close(contest: Contest, now: float) -> Contest:
    """Count the votes and delete them, so that only the counts are kept."""
    counts = Counter(contest.votes.values())
    totals = sorted((counts[entry.id] for entry in contest.live), reverse=True)
    entries = tuple(
        replace(entry, votes=counts[entry.id], rank=1 + totals.index(counts[entry.id]))
        if entry.removed is None
        else entry
        for entry in contest.entries
    )
    challenge = replace(contest.challenge, state=ChallengeState.CLOSED, closed_at=now)
    return Contest(challenge, entries, {})


def _check_state(challenge: Challenge, wanted: ChallengeState, now: float) -> None:
    """Refuse unless a challenge is in the state `wanted`, and the state's deadline is ahead."""
    until = deadline(challenge)
    if challenge.state is wanted and until is not None and now < until:
        return
    if not challenge.is_open:
        raise ChallengeRefused(_("This challenge is over."))
    if wanted is ChallengeState.ENTERING:
        raise ChallengeRefused(_("You can no longer enter: the voting has begun, or soon will."))
    if challenge.state is ChallengeState.ENTERING:
        raise ChallengeRefused(_("The voting has not begun yet."))
    raise ChallengeRefused(_("The voting is over; the results will be posted in a moment."))


def _find(contest: Contest, entry_id: int) -> Entry:
    for entry in contest.entries:
        if entry.id == entry_id:
            return entry
    raise ChallengeRefused(_("There is no such entry in this challenge."))


def _with(contest: Contest, changed: Entry) -> Contest:
    """Put a changed entry in the place of the one with its id."""
    entries = (changed if entry.id == changed.id else entry for entry in contest.entries)
    return replace(contest, entries=tuple(entries))


def _without(contest: Contest, entry: Entry) -> Contest:
    kept = tuple(other for other in contest.entries if other.id != entry.id)
    return replace(contest, entries=kept, votes=_votes_without(contest, entry))


def _votes_without(contest: Contest, entry: Entry) -> dict[int, int]:
    return {voter: choice for voter, choice in contest.votes.items() if choice != entry.id}
