"""The rules of painting time, by examples and by properties; and that the service obeys them."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.allowance import (
    DAY,
    FREE,
    HOUR,
    Allowance,
    NeverRoom,
    TimeSpent,
    Use,
    largest,
    room_at,
    used_in,
)
from bot.jobs.allowance import check as check_time
from bot.people import Member
from tests.bot.jobs.harness import ANN, BOB, GUILD, JobHarness

NOW = 1_000_000.0
limits = st.none() | st.integers(1, 1000)
allowances = st.builds(Allowance, limits, limits)
uses = st.lists(
    st.builds(Use, st.integers(0, round(1.5 * DAY)).map(lambda ago: NOW - ago), st.integers(0, 500))
)


def fits(taken: list[Use], seconds: float, allowance: Allowance, now: float) -> bool:
    """Say whether a painting fits, from the definition."""
    return all(used_in(span, taken, now) + seconds <= most for span, most in allowance.spans)


@given(uses, st.integers(1, 500), allowances)
def test_there_is_room_when_it_is_said(taken: list[Use], needed: int, allowance: Allowance) -> None:
    """At the moment that a refusal names the painting fits, and at no moment before that."""
    try:
        at = room_at(taken, needed, allowance, NOW)
    except NeverRoom:
        assert not fits([], needed, allowance, NOW)
        return
    assert fits(taken, needed, allowance, at)
    assert NOW <= at <= NOW + DAY
    changes = sorted(use.at + span for use in taken for span in (HOUR, DAY))
    earlier = [NOW, *(moment for moment in changes if NOW < moment < at)]
    assert at == NOW or not any(fits(taken, needed, allowance, moment) for moment in earlier)


@given(st.lists(st.tuples(st.integers(0, round(2 * DAY)), st.integers(1, 300))), allowances)
def test_whatever_is_asked_no_span_holds_more(
    asked: list[tuple[int, int]], allowance: Allowance
) -> None:
    """However often a member asks, no hour and no day has more seconds than are allowed."""
    taken: list[Use] = []
    for at, seconds in sorted(asked):
        try:
            check_time(taken, seconds, allowance, at)
        except (TimeSpent, NeverRoom):
            assert not fits(taken, seconds, allowance, at)
        else:
            taken.append(Use(at, seconds))
    for span, most in allowance.spans:
        for now in (use.at for use in taken):
            assert used_in(span, [use for use in taken if use.at <= now], now) <= most


@given(st.lists(allowances, min_size=1), allowances)
def test_another_role_takes_nothing_away(held: list[Allowance], new: Allowance) -> None:
    """The largest of a member's roles counts, for the hour and for the day on their own."""
    before, after = largest(held), largest([*held, new])
    for most, fewer in ((after.per_hour, before.per_hour), (after.per_day, before.per_day)):
        assert most is None or (fewer is not None and most >= fewer)
    assert largest([]) == FREE


async def test_a_refusal_says_when_there_is_room(harness: JobHarness) -> None:
    """A member who has used an hour's time is told when a painting fits, and then it does."""
    first = await harness.submit()
    seconds = first.predicted_seconds
    granted = Allowance(per_hour=1.5 * seconds)
    with pytest.raises(TimeSpent) as refused:
        await harness.submit(granted=granted)
    room = round(first.created_at + HOUR)
    assert f"There is room for it again <t:{room}:R>" in str(refused.value)
    assert (await harness.submit(BOB, granted=granted)).id
    harness.clock.now += HOUR
    assert (await harness.submit(granted=granted)).id
    with pytest.raises(NeverRoom, match="Choose a smaller size"):
        await harness.submit(granted=Allowance(per_day=seconds / 2))


async def test_of_two_at_once_one_is_refused(harness: JobHarness) -> None:
    """A double click leaves no gap between the check and the job."""
    seconds = (await harness.submit(BOB)).predicted_seconds
    granted = Allowance(per_hour=1.5 * seconds)
    found = await asyncio.gather(
        *(harness.submit(granted=granted) for _ in range(2)), return_exceptions=True
    )
    assert sorted(isinstance(one, TimeSpent) for one in found) == [False, True]


async def test_what_was_not_painted_costs_nothing(harness: JobHarness) -> None:
    """A painting counts with its real seconds once it has ended; one that never began with none."""
    job = await harness.submit()
    await harness.service.cancel(job.id, Member(ANN, GUILD))
    assert [use.seconds for use in await harness.admission.uses_of(GUILD, ANN)] == [0.0]
    job = await harness.submit()
    await harness.claim()
    harness.clock.now += 7
    await harness.service.painted(job.id, await harness.result())
    uses = await harness.admission.uses_of(GUILD, ANN)
    assert sorted(use.seconds for use in uses) == [0.0, 7.0]


async def test_a_deletion_does_not_renew_it(harness: JobHarness) -> None:
    """A member who deletes their data has used as much as before, where the server counts that."""
    job = await harness.submit()
    await harness.claim()
    harness.clock.now += 7
    await harness.service.painted(job.id, await harness.result())
    await harness.service.delivered(job.id, 20, 700)
    before = await harness.admission.uses_of(GUILD, ANN)
    for _ in range(2):
        await harness.data.keep_uses([GUILD], ANN)
    assert await harness.admission.uses_of(GUILD, ANN) == before
    await harness.data.forget_member(ANN)
    assert await harness.service.get(job.id) is None
    assert await harness.admission.uses_of(GUILD, ANN) == before
    assert len(await harness.data.kept_uses(ANN)) == 1
    harness.clock.now += DAY
    await harness.data.forget(0.0)
    assert await harness.data.kept_uses(ANN) == []
