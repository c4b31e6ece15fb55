"""The fair queue serves servers, then members, in turn, and foretells what it will do."""

import heapq
from collections import Counter, defaultdict

from hypothesis import example, given
from hypothesis import strategies as st

from bot.jobs.fair_queue import FairQueue, Turn, Waiting

A, B, C = 1, 2, 3  # members

guilds = st.integers(1, 4)
members = st.integers(1, 4)
lengths = st.sampled_from([0.5, 1.0, 3.0, 8.0, 60.0])
arrivals = st.lists(st.tuples(guilds, members, lengths), max_size=40)
# What happened before: an arrival, or one of the things that happen to a job that is there.
histories = st.lists(
    st.one_of(
        st.tuples(guilds, members, lengths),
        st.sampled_from(["take", "done", "put back", "cancel"]),
    ),
    max_size=60,
)


def queue_of(*jobs: tuple[int, int, float], first_id: int = 1) -> FairQueue:
    """Make a queue of (server, member, seconds), in this order of arrival."""
    queue = FairQueue()
    for job_id, job in enumerate(jobs, start=first_id):
        queue.add(Waiting(job_id, *job))
    return queue


def queue_after(history: list[tuple[int, int, float] | str]) -> FairQueue:
    """Make a queue that has seen all this; things that are impossible are left out."""
    queue = FairQueue()
    taken: list[int] = []
    for job_id, event in enumerate(history, start=1):
        if isinstance(event, tuple):
            queue.add(Waiting(job_id, *event))
        elif event == "take":
            job = queue.take()
            taken += [job.job_id] if job else []
        elif event == "cancel" and queue.order():
            queue.remove(queue.order()[-1].job_id)
        elif event == "done" and taken:
            queue.remove(taken.pop(0))
        elif event == "put back" and taken:
            queue.put_back(taken.pop(0))
    return queue


def drain(queue: FairQueue) -> list[Waiting]:
    """Take everything."""
    taken = []
    while job := queue.take():
        taken.append(job)
    return taken


def paint_all(queue: FairQueue, free_in: list[float]) -> list[Turn]:
    """Paint everything with jobs that take as long as predicted; tell when each was painted."""
    free = list(free_in)
    heapq.heapify(free)
    running: list[tuple[float, int]] = []
    turns = []
    while len(queue):
        now = heapq.heappop(free)
        while running and running[0][0] <= now:
            queue.remove(heapq.heappop(running)[1])
        job = queue.take()
        assert job is not None
        turns.append(Turn(job.job_id, now, now + job.seconds))
        heapq.heappush(running, (now + job.seconds, job.job_id))
        heapq.heappush(free, now + job.seconds)
    return turns


def test_members_take_turns() -> None:
    """With jobs of one length, members of a server are served in turn, oldest job first."""
    queue = queue_of((1, A, 1), (1, A, 1), (1, A, 1), (1, B, 1), (1, B, 1), (1, C, 1))
    assert [job.job_id for job in drain(queue)] == [1, 4, 6, 2, 5, 3]


def test_servers_take_turns_before_members() -> None:
    """A server with many members has no more than a server with one."""
    queue = queue_of((1, A, 1), (1, B, 1), (1, C, 1), (2, A, 1), (2, A, 1), (2, A, 1))
    assert [job.guild_id for job in drain(queue)] == [1, 2, 1, 2, 1, 2]


def test_fifty_jobs_do_not_delay_anothers_first() -> None:
    """A new member is served as soon as a slot is free, although another has fifty jobs."""
    queue = queue_of(*[(1, A, 10.0)] * 50)
    queue.take()
    queue.add(Waiting(51, 1, B, 10.0))
    assert queue.forecast([4.0])[0] == Turn(51, 4.0, 14.0)


def test_long_jobs_count_for_more() -> None:
    """A member with long jobs has a turn less often than one with short jobs."""
    queue = queue_of(*[(1, A, 4.0)] * 3, *[(1, B, 1.0)] * 8)
    assert [job.member_id for job in drain(queue)] == [A, B, B, B, B, A, B, B, B, B, A]


def test_a_job_put_back_is_next() -> None:
    """A job that was put back is painted before those that waited behind it."""
    queue = queue_of((1, A, 1), (1, B, 1), (2, A, 1))
    job = queue.take()
    assert job is not None
    queue.put_back(job.job_id)
    assert queue.take() == job


def test_a_pause_saves_nothing_up() -> None:
    """An idle member gains no credit."""
    queue = queue_of(*[(1, A, 1)] * 50)
    for _ in range(40):
        queue.take()
    for job_id in range(51, 61):
        queue.add(Waiting(job_id, 1, B, 1))
    assert [job.member_id for job in drain(queue)][:6] in ([A, B] * 3, [B, A] * 3)


def test_an_idle_queue_remembers_nothing() -> None:
    """When everything is painted, everybody is equal again."""
    queue = queue_of((1, A, 60.0))
    queue.take()
    queue.remove(1)
    queue.add(Waiting(2, 1, A, 1.0))
    queue.add(Waiting(3, 1, B, 1.0))
    assert [job.job_id for job in queue.order()] == [2, 3]


def test_a_wrong_prediction_is_made_good() -> None:
    """A member that was charged too little waits for longer afterwards, and the other way."""
    queue = queue_of(*[(1, A, 1.0)] * 4, *[(1, B, 1.0)] * 4)
    assert queue.take() == Waiting(1, 1, A, 1.0)
    queue.remove(1, used=3.0)
    assert [queue.take() for _ in range(3)] == [Waiting(number, 1, B, 1.0) for number in (5, 6, 7)]
    queue.remove(5, used=0.0)
    assert queue.take() == Waiting(8, 1, B, 1.0)


def test_small_corrections_move_nobody() -> None:
    """New predictions change the times foretold; the order only where the old ones were far off."""
    queue = queue_of((1, A, 10.0), (1, A, 10.0), (1, B, 10.0), (1, B, 10.0))
    better = {1: 12.0, 2: 12.0, 3: 9.0, 4: 9.0}
    queue.predict_again(better)
    turns = queue.forecast([0.0], better)
    assert [turn.job_id for turn in turns] == [1, 3, 2, 4]
    assert [turn.starts_in for turn in turns] == [0.0, 12.0, 21.0, 33.0]
    queue.predict_again({1: 100.0})
    assert [turn.job_id for turn in queue.forecast([0.0])] == [1, 3, 4, 2]


@given(histories, st.lists(st.floats(0, 100), min_size=1, max_size=4))
def test_the_forecast_comes_true(
    history: list[tuple[int, int, float] | str], free_in: list[float]
) -> None:
    """Whatever happened before, jobs are painted in the order and at the times foretold."""
    queue = queue_after(history)
    foretold = queue.forecast(free_in)
    assert len(foretold) == len(queue)
    assert paint_all(queue, free_in) == foretold


@given(histories)
def test_every_job_is_taken_once(history: list[tuple[int, int, float] | str]) -> None:
    """The order of service has every waiting job exactly once, each member's oldest first."""
    queue = queue_after(history)
    taken = drain(queue)
    assert len({job.job_id for job in taken}) == len(taken)
    for key in {(job.guild_id, job.member_id) for job in taken}:
        own = [job.job_id for job in taken if (job.guild_id, job.member_id) == key]
        assert own == sorted(own)


@given(st.lists(st.tuples(members, lengths), min_size=2, max_size=60), arrivals)
def test_members_who_wait_are_given_alike(
    jobs: list[tuple[int, float]], elsewhere: list[tuple[int, int, float]]
) -> None:
    """While two members wait, their shares differ by no more than one job of each."""
    others = [(guild + 1, member, seconds) for guild, member, seconds in elsewhere]
    queue = queue_of(*[(1, member, seconds) for member, seconds in jobs], *others)
    given_to: defaultdict[int, float] = defaultdict(float)
    longest = {m: max(s for member, s in jobs if member == m) for m, _ in jobs}
    while job := queue.take():
        waiting = {w.member_id for w in queue.order() if w.guild_id == 1}
        if job.guild_id == 1:
            given_to[job.member_id] += job.seconds
        for one in waiting:
            for other in waiting:
                assert given_to[one] - given_to[other] <= longest[one] + longest[other]


@given(arrivals)
def test_servers_that_wait_are_given_alike(jobs: list[tuple[int, int, float]]) -> None:
    """Of two servers that both wait, none is given more by over one job of each of them."""
    queue = queue_of(*jobs)
    given_to: defaultdict[int, float] = defaultdict(float)
    longest = {g: max(s for guild, _, s in jobs if guild == g) for g, _, _ in jobs}
    while job := queue.take():
        given_to[job.guild_id] += job.seconds
        waiting = {w.guild_id for w in queue.order()}
        for one in waiting:
            for other in waiting:
                assert given_to[one] - given_to[other] <= longest[one] + longest[other]


@given(
    st.lists(st.floats(1.0, 16.0), min_size=60, max_size=60),
    st.floats(0.1, 10.0),
)
def test_shares_are_equal_in_real_seconds(ratios: list[float], honest: float) -> None:
    """Whatever is predicted, two servers that always wait get the same real seconds of a painter.

    One sends strips and squares that are predicted alike, the other squares only: they differ by
    two paintings and a half at most.
    """
    queue = FairQueue()
    real = {job_id: 10.0 / ratio for job_id, ratio in enumerate(ratios, start=1)}
    for job_id in real:
        queue.add(Waiting(job_id, 1, A, 10.0))
        queue.add(Waiting(1000 + job_id, 2, B, honest))
    received = {1: 0.0, 2: 0.0}
    while {job.guild_id for job in queue.order()} == {1, 2}:
        job = queue.take()
        assert job is not None
        used = real.get(job.job_id, 5.0)
        queue.remove(job.job_id, used)
        received[job.guild_id] += used
        assert abs(received[1] - received[2]) <= 2.5 * max(10.0, honest)


@given(histories)
# A server with no waiting job, only a running one, gains no credit either.
@example([(1, 1, 0.5), (2, 1, 8.0), "take", "take", (2, 1, 0.5), "take", (1, 1, 0.5)])
def test_a_first_job_waits_for_one_of_each_other(
    history: list[tuple[int, int, float] | str],
) -> None:
    """A new member waits for one job of each member of the server at most, a new server likewise.

    Jobs put back apart: they were served before and come on top.
    """
    queue = queue_after([event for event in history if event != "put back"])
    in_old_server, in_new_server = Waiting(1000, 1, 99, 5.0), Waiting(1001, 99, 1, 5.0)
    queue.add(in_old_server)
    queue.add(in_new_server)
    order = queue.order()
    before = order[: order.index(in_old_server)]
    assert max(Counter(j.member_id for j in before if j.guild_id == 1).values(), default=0) <= 1
    before = order[: order.index(in_new_server)]
    assert max(Counter(job.guild_id for job in before).values(), default=0) <= 1


@given(histories)
def test_memory_does_not_grow(history: list[tuple[int, int, float] | str]) -> None:
    """A queue in which nothing waits and nothing is painted knows no members or servers."""
    queue = queue_after(history)
    for job in [*drain(queue), *[Waiting(i, 0, 0, 1) for i in range(len(history) + 1)]]:
        queue.remove(job.job_id)
    assert vars(queue) == vars(FairQueue())
