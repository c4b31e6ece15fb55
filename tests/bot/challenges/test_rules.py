"""The rules of challenges, by examples and by properties: no Discord, no database."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.challenges import card, rules
from bot.challenges.deadlines import moment
from bot.challenges.model import Challenge, ChallengeState, Contest, FinishedPainting, Terms
from bot.errors import ChallengeRefused, Refused
from bot.people import Member

GUILD = 10
START, ENTRIES_UNTIL, VOTING_UNTIL = 0.0, 1000.0, 2000.0
TERMS = Terms("Night", "Paint the night", ENTRIES_UNTIL, VOTING_UNTIL)
CHALLENGE = Challenge(1, GUILD, 20, 99, ChallengeState.ENTERING, TERMS, 7, START)
MOD = Member(98, GUILD, moderates=True)


def member(number: int, joined: float = -1.0) -> Member:
    """Make a plain member."""
    return Member(number, GUILD, joined_at=joined)


def painting(job: int, owner: int, guild: int = GUILD) -> FinishedPainting:
    """Make a painting."""
    return FinishedPainting(job, guild, owner, "a" * 64, "b" * 64)


def numbered(contest: Contest) -> Contest:
    """Give new entries the ids that a database would."""
    return replace(
        contest,
        entries=tuple(replace(entry, id=entry.id or entry.job_id) for entry in contest.entries),
    )


def with_entries(*owners: int, terms: Terms = TERMS) -> Contest:
    """Make a challenge in which these members have entered a painting each."""
    contest = Contest(replace(CHALLENGE, terms=terms))
    for job, owner in enumerate(owners, 1):
        contest = numbered(rules.enter(contest, painting(job, owner), member(owner), 1.0))
    return contest


def number_of(contest: Contest, owner: int) -> int:
    """Find a member's number on the ballot."""
    return next(entry.number or 0 for entry in contest.ballot if entry.member_id == owner)


def test_an_age_restricted_challenge_stays_so() -> None:
    """Its messages do not move to a channel that is open to all."""
    restricted = Contest(replace(CHALLENGE, age_restricted=True))
    with pytest.raises(ChallengeRefused, match="age-restricted"):
        rules.move(restricted, 21, age_restricted=False)
    assert rules.move(restricted, 21, age_restricted=True).challenge.channel_id == 21


def test_a_contest_from_start_to_end() -> None:
    """Votes may be changed; at the end they are counted and deleted."""
    contest = with_entries(1, 2, 3, 4)
    assert rules.go_on_if_due(contest, ENTRIES_UNTIL - 1) is contest
    opened = rules.go_on_if_due(contest, ENTRIES_UNTIL)
    assert sorted(entry.number or 0 for entry in opened.entries) == [1, 2, 3, 4]
    contest = opened
    for voter, owner in ((11, 1), (12, 1), (1, 2), (13, 3), (14, 1), (14, 3), (2, 1)):
        number = number_of(contest, owner)
        contest = rules.vote(contest, number, member(voter), 1500.0)
        assert all(entry.votes is None for entry in contest.entries)
    closed = rules.go_on_if_due(contest, VOTING_UNTIL)
    ranks = {entry.member_id: (entry.rank, entry.votes) for entry in closed.entries}
    assert ranks == {1: (1, 3), 3: (2, 2), 2: (3, 1), 4: (4, 0)}
    assert closed.votes == {}
    assert rules.go_on_if_due(closed, 1e9) is closed


def test_a_shared_place() -> None:
    """Two second places are followed by a fourth."""
    contest = rules.go_on(with_entries(1, 2, 3, 4), ENTRIES_UNTIL)
    for voter, owner in ((11, 1), (12, 1), (13, 2), (14, 3)):
        contest = rules.vote(contest, number_of(contest, owner), member(voter), 1500.0)
    closed = rules.go_on(contest, VOTING_UNTIL)
    assert {entry.member_id: entry.rank for entry in closed.entries} == {1: 1, 2: 2, 3: 2, 4: 4}


def test_no_medals_without_votes() -> None:
    """Where nobody voted, nobody won; else an entry without votes has a place, but no medal."""
    contest = rules.go_on(with_entries(1, 2), ENTRIES_UNTIL)
    lines = card.results(rules.go_on(contest, VOTING_UNTIL)).text.splitlines()
    assert lines[1] == "Nobody voted, so nobody won."
    assert [line.split()[0] for line in lines[2:4]] == ["•", "•"]
    contest = rules.vote(contest, number_of(contest, 1), member(3), 1500.0)
    lines = card.results(rules.go_on(contest, VOTING_UNTIL)).text.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["🥇", "**2.**"]


def test_who_may_enter() -> None:
    """Own paintings of this server, within the limit, with the role, once each, before the end."""
    contest = with_entries(1)
    for job, owner, who, guild, now, words in (
        (1, 1, 1, GUILD, 1.0, "already"),
        (5, 1, 1, GUILD, 1.0, "may enter 1 painting;"),
        (5, 2, 3, GUILD, 1.0, "only your own paintings from this server"),
        (5, 2, 2, 11, 1.0, "only your own paintings from this server"),
        (5, 2, 2, GUILD, ENTRIES_UNTIL, "You can no longer enter"),
    ):
        with pytest.raises(ChallengeRefused, match=words):
            rules.enter(contest, painting(job, owner, guild), member(who), now)
    choosy = with_entries(terms=replace(TERMS, entry_role=5))
    with pytest.raises(ChallengeRefused, match="<@&5>"):
        rules.enter(choosy, painting(5, 2), member(2), 1.0)
    entered = rules.enter(choosy, painting(5, 2), Member(2, GUILD, frozenset({5})), 1.0)
    assert len(entered.entries) == 1


def test_who_may_vote() -> None:
    """Votes are for earlier members, on others' live entries, from the opening to the deadline."""
    entering = with_entries(1, 2)
    with pytest.raises(ChallengeRefused, match="not begun"):
        rules.vote(entering, 1, member(3), 1.0)
    contest = rules.go_on(entering, ENTRIES_UNTIL)
    own = number_of(contest, 1)
    for number, who, now, words in (
        (own, member(1), 1500.0, "your own entry"),
        (9, member(3), 1500.0, "no longer in the challenge"),
        (own, member(3, joined=1.0), 1500.0, "joined before this challenge"),
        (own, Member(3, 11), 1500.0, "Only members"),
        (own, member(3), VOTING_UNTIL, "voting is over"),
    ):
        with pytest.raises(ChallengeRefused, match=words):
            rules.vote(contest, number, who, now)
    open_to_all = replace(TERMS, newcomers_vote=True)
    contest = rules.go_on(with_entries(1, 2, terms=open_to_all), ENTRIES_UNTIL)
    assert rules.vote(contest, number_of(contest, 1), member(3, joined=1.0), 1500.0).votes


def test_taking_entries_out() -> None:
    """Authors withdraw before the voting; moderators remove with a reason, and votes are free."""
    contest = with_entries(1, 2)
    with pytest.raises(ChallengeRefused, match="not your entry"):
        rules.withdraw(contest, 1, member(2), 1.0)
    assert len(rules.withdraw(contest, 1, member(1), 1.0).entries) == 1
    contest = rules.go_on(contest, ENTRIES_UNTIL)
    with pytest.raises(ChallengeRefused, match="You can no longer enter"):
        rules.withdraw(contest, 1, member(1), 1500.0)
    contest = rules.vote(contest, number_of(contest, 1), member(3), 1500.0)
    with pytest.raises(Refused, match="moderators"):
        rules.remove(contest, 1, member(2), "ugly")
    contest = rules.remove(contest, 1, MOD, "not painted here")
    assert contest.votes == {}
    assert [entry.removed for entry in contest.entries] == ["not painted here", None]


def test_voting_that_nobody_opened_lasts_as_long_as_planned() -> None:
    """Where the bot slept through both deadlines, members still get their time to vote."""
    late = rules.go_on_if_due(with_entries(1, 2), 5000.0)
    assert late.challenge.state is ChallengeState.VOTING
    assert late.challenge.terms.voting_until == 6000.0


def test_nobody_entered() -> None:
    """Without entries there is no voting."""
    closed = rules.go_on_if_due(with_entries(), ENTRIES_UNTIL)
    assert closed.challenge.state is ChallengeState.CLOSED


def test_the_ballot_says_nothing_about_who_entered_when() -> None:
    """The order is shuffled by the challenge's seed, the same at every look."""
    contest = with_entries(*range(1, 9))
    orders = set()
    for seed in range(20):
        seeded = replace(contest, challenge=replace(contest.challenge, seed=seed))
        order = tuple(entry.id for entry in rules.go_on(seeded, ENTRIES_UNTIL).ballot)
        assert order == tuple(entry.id for entry in rules.go_on(seeded, ENTRIES_UNTIL).ballot)
        orders.add(order)
    assert len(orders) > 15


def test_forgetting() -> None:
    """Of an open challenge nothing of a member stays; of a past one, counts without name."""
    contest = rules.go_on(with_entries(1, 2), ENTRIES_UNTIL)
    contest = rules.vote(contest, number_of(contest, 2), member(1), 1500.0)
    contest = rules.vote(contest, number_of(contest, 1), member(2), 1500.0)
    gone = rules.forget(contest, 1)
    assert [entry.member_id for entry in gone.entries] == [2]
    assert gone.votes == {}
    past = rules.forget(rules.go_on(contest, VOTING_UNTIL), 1)
    nameless = next(entry for entry in past.entries if entry.member_id == 0)
    assert (nameless.votes, nameless.rank, nameless.picture) == (1, 1, None)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("3d", 259_300.0),
        ("2d 12h", 216_100.0),
        ("90m", 5500.0),
        ("<t:1234:R>", 1234.0),
        ("1970-01-01 01:00", 3600.0),
        ("1970-01-01T01:00+01:00", 0.0),
    ],
)
def test_moments(typed: str, expected: float) -> None:
    """Times from now, dates in UTC and Discord's own timestamps are understood."""
    assert moment(typed, 100.0) == expected


@pytest.mark.parametrize("typed", ["", "soon", "3", "1e9d", "-3d", "2030-13-01"])
def test_moments_that_are_none(typed: str) -> None:
    """Anything else is answered with examples."""
    with pytest.raises(ChallengeRefused, match="such as `3d`"):
        moment(typed, 100.0)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (replace(TERMS, theme=""), "needs a theme"),
        (replace(TERMS, entries_until=-5.0), "Entering must last"),
        (replace(TERMS, voting_until=900.0), "Voting must last"),
        (replace(TERMS, voting_until=1e9), "Voting must last"),
        (replace(TERMS, voting_until=float("inf")), "Voting must last"),
    ],
)
def test_terms_that_cannot_be(terms: Terms, words: str) -> None:
    """Deadlines that are past, wrong way round or years away are refused with a message."""
    with pytest.raises(ChallengeRefused, match=words):
        rules.check_terms(terms, START)


PEOPLE = st.integers(1, 5)
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["enter", "withdraw", "remove", "vote", "due", "close", "cancel", "forget"]
        ),
        PEOPLE,  # who acts
        st.integers(1, 6),  # on which painting or number
        st.floats(0.0, 300.0),  # seconds later
    ),
    max_size=40,
)


def act(contest: Contest, what: str, who: int, which: int, now: float) -> Contest:
    """Do one thing as the bot would do it."""
    one = member(who)
    match what:
        case "enter":
            return numbered(rules.enter(contest, painting(which, 1 + which % 5), one, now))
        case "withdraw":
            return rules.withdraw(contest, which, one, now)
        case "remove":
            return rules.remove(contest, which, MOD, "a reason")
        case "vote":
            return rules.vote(contest, which, one, now)
        case "due":
            return rules.go_on_if_due(contest, now)
        case "forget" if who == 5:
            return rules.forget(contest, who)
        case "cancel" if which == 6 and who == 1:
            return rules.cancel(contest, now)
        case "close" if which == 6:
            return rules.go_on(contest, now)
    return contest


@settings(max_examples=300, deadline=None)
@given(ACTIONS, st.integers(0, 1000))
def test_no_order_of_actions_breaks_the_rules(
    actions: list[tuple[str, int, int, float]], seed: int
) -> None:
    """Never two votes, a self-vote, a late entry or vote, or a count before the end."""
    contest = Contest(replace(CHALLENGE, seed=seed))
    now = START
    for what, who, which, later in actions:
        now += later
        before = contest
        try:
            contest = act(contest, what, who, which, now)
        except Refused:
            assert contest is before
        check_invariants(before, contest, now)


def check_invariants(before: Contest, after: Contest, now: float) -> None:
    """Hold a step against what must be true of every step."""
    owners = {entry.id: entry.member_id for entry in after.live}
    for voter, choice in after.votes.items():
        assert choice in owners, "a vote for an entry that is not there"
        assert owners[choice] != voter, "a vote for oneself"
    if len(after.entries) > len(before.entries):
        assert before.challenge.state is ChallengeState.ENTERING
        assert now < before.challenge.terms.entries_until
    if any(before.votes.get(voter) != choice for voter, choice in after.votes.items()):
        assert before.challenge.state is ChallengeState.VOTING
        assert now < before.challenge.terms.voting_until
        assert len(after.votes) <= len(before.votes) + 1
    counts = [entry.votes for entry in after.live]
    if after.challenge.state is ChallengeState.CLOSED:
        assert None not in counts
        assert after.votes == {}
        if before.challenge.state is ChallengeState.VOTING:
            assert sum(count or 0 for count in counts) == len(before.votes)
    else:
        assert counts == [None] * len(counts), "a count before the end"
