"""The rules of murals and what follows from events, by examples and by properties: no database."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import MuralRefused
from bot.mural import lifecycle, rules
from bot.mural.model import (
    NO_MEMBER,
    ChosenStyle,
    Mural,
    MuralMessage,
    MuralState,
    Results,
    StyleRule,
    Terms,
)
from bot.people import Member

GUILD, HOLD, UNTIL = 10, 100.0, 10_000.0
NIGHT = ChosenStyle("a" * 64, "Night")
TERMS = Terms("Town", 3, 3, 64, UNTIL, NIGHT, tiles_per_member=2)
MURAL = Mural(1, GUILD, 20, 99, MuralState.OPEN, TERMS, "b" * 64, 7, 0.0, MuralMessage("5"))
MOD = Member(98, GUILD, moderates=True)


def member(number: int) -> Member:
    """Make a plain member."""
    return Member(number, GUILD, name=f"Member {number}")


def ordered(mural: Mural, number: int, owner: int, now: float = 1.0) -> Mural:
    """Have a member claim a tile and choose its style."""
    mural = rules.claim(mural, number, member(owner), now, HOLD)
    return rules.choose(mural, number, member(owner), NIGHT, 1000 + number, now)


def painted(mural: Mural, number: int, now: float = 2.0) -> Mural:
    """Have a tile queued and painted."""
    tile = mural.tile(number)
    assert tile is not None
    assert tile.order is not None
    mural = lifecycle.queued(mural, number, tile.order.key, 50 + number)
    return lifecycle.painted(mural, 50 + number, f"{number:064}", now)


def test_a_tile_has_one_owner() -> None:
    """A second claim is refused, a double click changes nothing, and nobody takes too many."""
    mural = rules.claim(MURAL, 1, member(1), 1.0, HOLD)
    assert rules.claim(mural, 1, member(1), 2.0, HOLD) == mural
    with pytest.raises(MuralRefused, match="is taken"):
        rules.claim(mural, 1, member(2), 2.0, HOLD)
    mural = rules.claim(mural, 2, member(1), 2.0, HOLD)
    with pytest.raises(MuralRefused, match="your 2 tiles"):
        rules.claim(mural, 3, member(1), 2.0, HOLD)
    with pytest.raises(MuralRefused, match="go from 1 to 9"):
        rules.claim(MURAL, 10, member(1), 2.0, HOLD)
    choosy = replace(MURAL, terms=replace(TERMS, role=5))
    with pytest.raises(MuralRefused, match="<@&5>"):
        rules.claim(choosy, 1, member(1), 2.0, HOLD)


def test_a_claim_runs_out_unless_it_is_used() -> None:
    """Without a style the tile is free again; with one it stays."""
    mural = rules.claim(ordered(MURAL, 1, 1), 2, member(1), 1.0, HOLD)
    assert lifecycle.next_deadline(mural) == 1.0 + HOLD
    assert [tile.number for tile in lifecycle.advance(mural, HOLD).tiles] == [1, 2]
    assert [tile.number for tile in lifecycle.advance(mural, HOLD + 1).tiles] == [1]


def test_styles_are_those_of_the_terms() -> None:
    """A mural of the library takes no uploads, one of named styles only those."""
    library = replace(TERMS, styles=StyleRule.LIBRARY)
    fixed = replace(TERMS, styles=StyleRule.FIXED, style_names=("Night",))
    rules.check_style(TERMS, None)
    rules.check_style(library, "Day")
    rules.check_style(fixed, "Night")
    for terms, name in ((library, None), (fixed, None), (fixed, "Day")):
        with pytest.raises(MuralRefused):
            rules.check_style(terms, name)


def test_a_tile_is_painted_again_by_its_owner_alone() -> None:
    """A new painting lies above all others; while it is made, the old one stays."""
    mural = painted(ordered(painted(ordered(MURAL, 1, 1), 1), 2, 2), 2)
    with pytest.raises(MuralRefused, match="not yours"):
        rules.choose(mural, 1, member(2), NIGHT, 7, 3.0)
    mural = rules.choose(mural, 1, member(1), NIGHT, 7, 3.0)
    assert [tile.number for tile in mural.painted] == [1, 2]
    assert rules.choose(mural, 1, member(1), NIGHT, 7, 3.0) == mural
    with pytest.raises(MuralRefused, match="is being painted"):
        rules.choose(mural, 1, member(1), NIGHT, 8, 3.0)
    assert [tile.number for tile in painted(mural, 1).painted] == [2, 1]


def test_a_moderator_frees_a_tile() -> None:
    """Only moderators can; its job is not wanted any more."""
    mural = lifecycle.queued(ordered(MURAL, 1, 1), 1, 1001, 51)
    with pytest.raises(MuralRefused, match="Only moderators"):
        rules.free(mural, 1, member(1), 2.0)
    after = rules.free(mural, 1, MOD, 2.0)
    assert after.tiles == ()
    assert lifecycle.jobs_to_cancel(mural, after) == {51}
    assert lifecycle.painted(after, 51, "c" * 64, 3.0) == after
    cancelled = rules.cancel(ordered(MURAL, 1, 1), MOD, 2.0)
    assert lifecycle.queued(cancelled, 1, 1001, 51) == cancelled
    assert lifecycle.jobs_to_cancel(mural, lifecycle.painted(mural, 51, "c" * 64, 3.0)) == set()


def test_the_end_leaves_no_tile_to_nobody() -> None:
    """At the end the server's style paints what is left; orders of members are still painted."""
    mural = rules.claim(ordered(painted(ordered(MURAL, 1, 1), 1), 5, 2), 9, member(3), 1.0, UNTIL)
    mural = lifecycle.advance(mural, UNTIL)
    assert mural.state is MuralState.FINISHING
    assert mural.free == ()
    assert {tile.number for tile in mural.tiles if tile.member_id == NO_MEMBER} == {
        *(2, 3, 4, 6, 7, 8, 9)
    }
    with pytest.raises(MuralRefused):
        rules.claim(mural, 9, member(4), 1.0, HOLD)
    while rounds := list(lifecycle.to_queue(mural)):
        for tile in rounds:
            mural = painted(mural, tile.number)
    mural = lifecycle.advance(mural, UNTIL)
    assert mural.state is MuralState.ASSEMBLING
    done = lifecycle.assembled(mural, Results("1", "2", "3", "4"), UNTIL)
    assert done.state is MuralState.DONE


def test_a_deleted_tile_of_a_finished_mural_is_painted_in_the_servers_style() -> None:
    """And the mural is put together again, without the member."""
    mural = rules.finish(painted(ordered(MURAL, 1, 1), 1), MOD, 3.0)
    while rounds := list(lifecycle.to_queue(mural)):
        for tile in rounds:
            mural = painted(mural, tile.number)
    mural = lifecycle.assembled(lifecycle.advance(mural, 4.0), Results("1", "2", "3", "4"), 4.0)
    for after in (
        lifecycle.forget(mural, 1, 5.0),
        lifecycle.delete_painting(mural, 51, 5.0),
        rules.free(mural, 1, MOD, 5.0),
    ):
        assert after.state is MuralState.REPAIRING
        assert after.results is None
        assert rules.tiles_of(after, 1) == []
        assert [tile.number for tile in lifecycle.to_queue(after)] == [1]
    assert lifecycle.forget(MURAL, 99, 1.0).host_id == NO_MEMBER
    with pytest.raises(MuralRefused, match="the server's own"):
        rules.free(mural, 2, MOD, 5.0)


def test_a_tile_that_waits_for_room_does_not_hold_up_those_beside_it() -> None:
    """The first wanted goes first; where its member's queue is full, its neighbours do not wait."""
    mural = ordered(ordered(ordered(MURAL, 1, 1, 1.0), 2, 2, 2.0), 9, 3, 3.0)
    assert [tile.number for tile in lifecycle.to_queue(mural)] == [1, 9]
    assert [tile.number for tile in lifecycle.to_queue(mural, {1})] == [2, 9]


def test_the_order_of_a_member_that_may_not_paint_any_more_is_given_up() -> None:
    """A tile that is not painted yet is free again, or the server's; a painted one stays."""
    mural = ordered(painted(ordered(MURAL, 1, 1), 1), 2, 2)
    assert lifecycle.drop_order(mural, 2, 77, 3.0) == mural
    assert lifecycle.drop_order(mural, 2, 1002, 3.0).tile(2) is None
    finishing = lifecycle.drop_order(rules.finish(mural, MOD, 3.0), 2, 1002, 4.0).tile(2)
    assert finishing is not None
    assert finishing.member_id == NO_MEMBER
    again = rules.choose(mural, 1, member(1), NIGHT, 7, 3.0)
    assert lifecycle.drop_order(again, 1, 7, 4.0) == mural


def test_a_painted_tile_stays_when_painting_it_again_fails() -> None:
    """Also after the end, when the server paints what is left."""
    mural = painted(ordered(MURAL, 1, 1), 1)
    again = lifecycle.queued(rules.choose(mural, 1, member(1), NIGHT, 7, 3.0), 1, 7, 60)
    tile = lifecycle.failed(rules.finish(again, MOD, 4.0), 60, "No.", 5.0, HOLD).tile(1)
    assert tile is not None
    assert (tile.member_id, tile.order) == (1, None)
    assert tile.picture is not None


def test_a_tile_of_the_servers_that_cannot_be_painted_does_not_hold_up_the_mural() -> None:
    """After three failures the photograph stays there."""
    mural = rules.finish(MURAL, MOD, 3.0)
    number = 100
    for _ in range(3 * TERMS.grid.count):
        for tile in list(lifecycle.to_queue(mural)):
            number += 1
            assert tile.order is not None
            mural = lifecycle.queued(mural, tile.number, tile.order.key, number)
            mural = lifecycle.failed(mural, number, "No.", 4.0 + number, HOLD)
    assert lifecycle.advance(mural, 5.0).state is MuralState.ASSEMBLING


def test_a_members_tile_that_failed_often_does_not_hold_up_the_mural() -> None:
    """Once claiming is over, the server's style paints it, with tries of its own."""
    mural = rules.claim(MURAL, 1, member(1), 1.0, HOLD)
    for job in (501, 502, 503):
        mural = rules.choose(mural, 1, member(1), NIGHT, job, 1.0)
        mural = lifecycle.queued(mural, 1, job, job)
        if job == 503:
            mural = rules.finish(mural, MOD, 2.0)
        mural = lifecycle.failed(mural, job, "No.", 2.0, HOLD)
    tile = mural.tile(1)
    assert tile is not None
    assert (tile.member_id, tile.failures) == (NO_MEMBER, 0)
    while rounds := list(lifecycle.to_queue(mural)):
        for tile in rounds:
            mural = painted(mural, tile.number)
    assert lifecycle.advance(mural, 5.0).state is MuralState.ASSEMBLING


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            (
                *("claim", "choose", "queue", "queue another", "paint", "fail"),
                *("back", "free", "forget", "block"),
            )
        ),
        st.integers(1, 9),  # tile
        st.integers(1, 4),  # member
    ),
    max_size=60,
)


def after(mural: Mural, action: str, number: int, who: int, now: float) -> Mural:
    """Try an action; a refusal changes nothing."""
    tile = mural.tile(number)
    order = tile.order if tile else None
    try:
        if action == "claim":
            return rules.claim(mural, number, member(who), now, HOLD)
        if action == "choose":
            return rules.choose(mural, number, member(who), NIGHT, int(now), now)
        if action == "back":
            return rules.give_back(mural, number, member(who))
        if action == "free":
            return rules.free(mural, number, MOD, now)
    except MuralRefused:
        return mural
    if action == "forget":
        return lifecycle.forget(mural, who, now)
    if action == "block" and tile is not None and order is not None:
        return lifecycle.drop_order(mural, number, order.key, now)
    if action in ("queue", "queue another"):
        for one in lifecycle.to_queue(mural, {number} if action == "queue another" else ()):
            assert one.order is not None
            return lifecycle.queued(mural, one.number, one.order.key, int(now))
    if order is not None and order.job_id is not None:
        if action == "paint":
            return lifecycle.painted(mural, order.job_id, f"{order.job_id:064}", now)
        if action == "fail":
            return lifecycle.failed(mural, order.job_id, "No.", now, HOLD)
    return mural


@settings(max_examples=200)
@given(ACTIONS, st.integers(0, 60))
def test_whatever_members_do(actions: list[tuple[str, int, int]], end: int) -> None:
    """No tile is anybody's twice, none too many, none queued beside another; and it ends."""
    mural = MURAL
    for step, (action, number, who) in enumerate(actions, 1):
        if step == end:
            mural = rules.finish(mural, MOD, float(step))
        mural = lifecycle.advance(after(mural, action, number, who, float(step)), float(step))
        if mural.state is MuralState.ASSEMBLING:
            return
        numbers = [tile.number for tile in mural.tiles]
        assert len(numbers) == len(set(numbers))
        assert sorted([*numbers, *mural.free]) == list(range(1, 10))
        for one in range(1, 5):
            assert len(rules.tiles_of(mural, one)) <= TERMS.tiles_per_member
        queued = {t.number for t in mural.tiles if t.order and t.order.job_id is not None}
        assert not any(queued & set(TERMS.grid.neighbours(one)) for one in queued)
        assert len({tile.turn for tile in mural.painted}) == len(mural.painted)
    mural = lifecycle.advance(mural, UNTIL)
    for job in range(1000, 1020):
        for tile in list(lifecycle.to_queue(mural)):
            assert tile.order is not None
            mural = lifecycle.queued(mural, tile.number, tile.order.key, 100 * job + tile.number)
        for tile in mural.tiles:
            if tile.order is not None and tile.order.job_id is not None:
                mural = lifecycle.painted(mural, tile.order.job_id, "d" * 64, UNTIL)
    assert lifecycle.advance(mural, UNTIL).state is MuralState.ASSEMBLING
    assert len(mural.painted) == 9
