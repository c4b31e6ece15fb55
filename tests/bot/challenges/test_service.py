"""Challenges over a real database: at the same moment, after a crash, to the end."""

import asyncio
from collections import Counter

import discord
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.challenges.model import AnnouncementKind, ChallengeState, Contest, Terms
from bot.challenges.status_card import status
from bot.challenges.tables import votes
from bot.errors import ChallengeRefused, PictureGone, Refused
from bot.guilds.rules import RoleNeeded
from bot.people import Member
from bot.storage.shard import Shard
from tests.bot.challenges.conftest import MANAGER, Contests, number_of
from tests.bot.jobs.harness import GUILD

ANN, BOB, CID = 1, 2, 3


async def test_a_hundred_members_press_at_once(contests: Contests) -> None:
    """Each presses twice at the same moment, on different entries: a hundred votes."""
    contest = await contests.voting([ANN, BOB])
    challenge = contest.challenge.id
    presses = [
        contests.service.vote(contests.member(1000 + voter), challenge, number)
        for voter in range(100)
        for number in (1, 2)
    ]
    await asyncio.gather(*presses)
    async with contests.database.read() as connection:
        count = sa.select(sa.func.count()).select_from(votes)
        assert (await connection.execute(count)).scalar_one() == 100
    closed = await contests.service.close(MANAGER, cancel=False)
    assert sum(entry.votes or 0 for entry in closed.entries) == 100


async def test_two_who_end_the_entering(contests: Contests) -> None:
    """Two close at the same time: the vote begins, and is not ended before anyone can vote."""
    await contests.start()
    await contests.service.enter(contests.member(ANN), await contests.painted(ANN))
    closing = [contests.service.close(MANAGER, cancel=False) for _ in range(2)]
    first, second = await asyncio.gather(*closing, return_exceptions=True)
    assert isinstance(first, Contest)
    assert first.challenge.state is ChallengeState.VOTING
    assert isinstance(second, ChallengeRefused)
    assert "only just begun" in str(second)
    contests.clock.now += 61
    closed = await contests.service.close(MANAGER, cancel=False)
    assert closed.challenge.state is ChallengeState.CLOSED


async def test_the_database_itself_takes_no_second_vote(contests: Contests) -> None:
    """A second row of a voter is refused whatever code would write it."""
    contest = await contests.voting([ANN, BOB])
    row = {"challenge_id": contest.challenge.id, "voter_id": 5, "entry_id": contest.live[0].id}
    with pytest.raises(IntegrityError):
        async with contests.database.write() as connection:
            await connection.execute(sa.insert(votes), [row, row])


async def test_at_the_same_moment_one_of_each(contests: Contests) -> None:
    """Of several challenges started at once one is; a painting entered twice at once is in once."""
    started = await asyncio.gather(*(contests.start() for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(one, Refused) for one in started) == 4
    job = await contests.painted(ANN)
    entering = [contests.service.enter(contests.member(ANN), job) for _ in range(3)]
    entered = await asyncio.gather(*entering, return_exceptions=True)
    assert sum(isinstance(one, Refused) for one in entered) == 2
    contest = await contests.service.open_in(GUILD)
    assert contest is not None
    assert len(contest.entries) == 1


async def test_deadlines_that_passed_while_the_bot_was_down(contests: Contests) -> None:
    """They are acted on once at the next start, and what is to be announced is written once."""
    await contests.voting([ANN, BOB])
    contests.clock.now += 100_000
    contests.restart()
    assert await contests.service.upkeep.act_on_deadlines() is None
    contests.restart()
    await contests.service.upkeep.act_on_deadlines()
    kinds = Counter(
        announcement.kind for announcement in await contests.announcements.pending(contests.clock())
    )
    assert kinds == {
        AnnouncementKind.OPENED: 1,
        AnnouncementKind.VOTING: 1,
        AnnouncementKind.CLOSED: 1,
    }
    assert (
        await contests.service.history.results(GUILD, None)
    ).challenge.state is ChallengeState.CLOSED


async def test_the_next_deadline(contests: Contests) -> None:
    """The clock learns when to look again: first the entries' end, then the voting's."""
    await contests.start()
    await contests.service.enter(contests.member(ANN), await contests.painted(ANN))
    now = contests.clock()
    assert await contests.service.upkeep.act_on_deadlines() == now + 3600
    contests.clock.now = now + 3600
    assert await contests.service.upkeep.act_on_deadlines() == now + 7200


async def test_leaderboard(contests: Contests) -> None:
    """Wins count first, then places, then votes; equal scores share a rank."""
    for winner, second in ((ANN, BOB), (BOB, ANN)):
        contest = await contests.voting([ANN, BOB, CID])
        number = contest.challenge.id
        for voter, owner in ((11, winner), (12, winner), (13, second)):
            await contests.service.vote(contests.member(voter), number, number_of(contest, owner))
        await contests.service.close(MANAGER, cancel=False)
    standings = await contests.service.history.leaderboard(GUILD)
    assert [(s.rank, s.member_id, s.wins, s.podiums, s.votes) for s in standings] == [
        (1, ANN, 1, 2, 3),
        (1, BOB, 1, 2, 3),
        (3, CID, 0, 0, 0),
    ]
    assert await contests.service.history.leaderboard(GUILD + 1) == []


async def test_a_deleted_painting(contests: Contests) -> None:
    """It leaves an open challenge, and the disk; from a past one only its picture goes."""
    contest = await contests.voting([ANN, BOB])
    first = next(entry for entry in contest.entries if entry.member_id == ANN)
    assert await contests.harness.pictures.has([first.picture or "", first.preview or ""])
    await contests.harness.service.delete_result(first.job_id, Member(ANN, GUILD))
    assert contests.service.changed.is_set()
    await contests.service.upkeep.act_on_deadlines()
    after = await contests.service.open_in(GUILD)
    assert after is not None
    assert [entry.member_id for entry in after.entries] == [BOB]
    assert not await contests.harness.pictures.has([first.picture or ""])
    with pytest.raises(PictureGone):
        await contests.service.enter(contests.member(ANN), first.job_id)

    contests.clock.now += 61  # a vote that has just begun is not ended
    await contests.service.close(MANAGER, cancel=False)
    second = after.entries[0]
    await contests.harness.service.delete_result(second.job_id, Member(BOB, GUILD))
    await contests.service.upkeep.act_on_deadlines()
    past = await contests.service.history.results(GUILD, None)
    assert [(entry.picture, entry.rank) for entry in past.entries] == [(None, 1)]


async def test_entries_outlive_their_jobs(contests: Contests) -> None:
    """The retention time of paintings takes nothing from a challenge."""
    contest = await contests.voting([ANN])
    await contests.harness.data.forget(contests.clock() + 1)
    await contests.harness.retention.sweep()
    entry = contest.entries[0]
    assert await contests.harness.pictures.has([entry.picture or "", entry.preview or ""])


async def test_a_removed_entry_is_told_once(contests: Contests) -> None:
    """A removal calls for one message to the author, and for a new look of the ballot."""
    contest = await contests.voting([ANN, BOB])
    for announcement in await contests.announcements.pending(contests.clock()):
        await contests.announcements.began(announcement, 1.0)
        await contests.announcements.sent(announcement, 20, 700 + announcement.id)
    await contests.service.remove(MANAGER, contest.entries[0].id, "not painted here")
    with pytest.raises(ChallengeRefused, match="removed already"):
        await contests.service.remove(MANAGER, contest.entries[0].id, "again")
    pending = [
        (announcement.kind, announcement.stale)
        for announcement in await contests.announcements.pending(contests.clock())
    ]
    assert sorted(pending) == [
        (AnnouncementKind.OPENED, True),
        (AnnouncementKind.REMOVED, False),
        (AnnouncementKind.VOTING, True),
    ]


async def test_a_moderators_menu_keeps_the_order_of_entering(contests: Contests) -> None:
    """While the members vote, a moderator chooses by the number on the ballot, not by an id."""
    contest = await contests.voting([ANN, BOB])
    menus = [item for item in status(contest, MANAGER).items if isinstance(item, discord.ui.Select)]
    values = [option.value for menu in menus for option in menu.options]
    assert values == ["number 1", "number 2"]
    after = await contests.service.remove_numbered(MANAGER, 2, "not painted here")
    assert [entry.number for entry in after.ballot] == [1]
    with pytest.raises(ChallengeRefused, match="no such entry"):
        await contests.service.remove_numbered(MANAGER, 2, "again")


async def test_who_may_start(contests: Contests) -> None:
    """Managers may; others need a role that the server has chosen."""
    with pytest.raises(RoleNeeded):
        await contests.service.start(contests.member(ANN), 20, contests.terms(), None)


async def test_another_bots_servers(contests: Contests) -> None:
    """Deadlines and announcements of another shard's servers are left to its bot."""
    await contests.start()
    contests.clock.now += 7200
    contests.shard = Shard(1, 2)
    contests.restart()
    assert await contests.service.upkeep.act_on_deadlines() is None
    assert await contests.announcements.pending(contests.clock()) == []
    contests.shard = Shard(0, 2)
    contests.restart()
    await contests.service.upkeep.act_on_deadlines()
    kinds = [
        announcement.kind for announcement in await contests.announcements.pending(contests.clock())
    ]
    assert kinds == [AnnouncementKind.OPENED, AnnouncementKind.CLOSED]


async def test_privacy(contests: Contests) -> None:
    """What is known of a member is listed; after it is forgotten, past counts stay nameless."""
    contest = await contests.voting([ANN, BOB])
    number = contest.challenge.id
    await contests.service.vote(contests.member(ANN), number, number_of(contest, BOB))
    ((about,),) = [page async for page in contests.data.about_member(ANN)]
    assert (len(about["entries"]), about["vote"]) == (1, number_of(contest, BOB))
    await contests.service.close(MANAGER, cancel=False)
    await contests.data.forget_member(BOB)
    past = await contests.service.history.results(GUILD, number)
    assert sorted((entry.member_id, entry.votes) for entry in past.entries) == [(0, 1), (1, 0)]
    assert [page async for page in contests.data.about_member(BOB)] == []
    ((left,),) = [page async for page in contests.data.about_member(ANN)]
    assert "vote" not in left


async def test_terms_are_kept(contests: Contests) -> None:
    """A challenge is read as it was written."""
    picture = await contests.harness.pictures.put(await _style(contests))
    now = contests.clock()
    terms = Terms("T", "", now + 60, now + 120, None, 3, 77, newcomers_vote=True)
    challenge = await contests.service.start(MANAGER, 20, terms, picture)
    assert challenge.terms.style is not None
    contest = await contests.service.open_in(GUILD)
    assert contest is not None
    assert contest.challenge == challenge
    assert await contests.store.pictures_in_use([challenge.terms.style]) == {challenge.terms.style}


async def _style(contests: Contests) -> bytes:
    job = await contests.harness.service.get(await contests.painted(ANN))
    assert job is not None
    assert job.result is not None
    return await contests.harness.pictures.read(job.result.picture)


async def test_announcements_that_failed(contests: Contests) -> None:
    """They wait for their next try, count as tried, and are due at once when asked for again."""
    challenge, announcements = await contests.start(), contests.announcements
    (opened,) = await announcements.pending(contests.clock())
    assert await announcements.next_try() == 0
    later = contests.clock() + 60
    await announcements.failed(opened, "no permission", later)
    await announcements.host_told(opened)
    assert await announcements.pending(contests.clock()) == []
    assert await announcements.next_try() == later
    (tried,) = await announcements.tried(challenge, 0.0)
    assert (tried.failures, tried.problem, tried.settled) == (1, "no permission", True)
    assert await announcements.is_host_told(tried)

    await contests.service.repost(MANAGER, None)
    (opened,) = await announcements.pending(contests.clock())
    await announcements.sent(opened, 20, 700)
    assert await announcements.next_try() is None
    moved = await contests.service.repost(MANAGER, 21)
    (again,) = await announcements.pending(contests.clock())
    assert (moved.challenge.channel_id, again.message_id) == (21, None)
    assert again.nonce != opened.nonce


async def test_moved_while_it_is_sent(contests: Contests) -> None:
    """What then arrives in the old channel does not count; the new one is still to get it."""
    challenge, announcements = await contests.start(), contests.announcements
    (under_way,) = await announcements.pending(contests.clock())
    await announcements.began(under_way, contests.clock())
    await contests.service.repost(MANAGER, 21)
    await announcements.sent(under_way, 20, 700)
    (again,) = await announcements.pending(contests.clock())
    assert (again.message_id, again.began_at, again.nonce == under_way.nonce) == (None, None, False)
    assert not (await announcements.of(challenge))[0].settled


async def _send_all(contests: Contests, channel: int) -> list[AnnouncementKind]:
    """Send what is due, as the announcer does; say what that was."""
    announcements = contests.announcements
    due = await announcements.pending(contests.clock())
    for number, one in enumerate(due, 1000 * channel):
        await announcements.began(one, contests.clock())
        await announcements.sent(one, channel, number)
        await announcements.refreshing(one)
    return [one.kind for one in due]


async def test_a_server_that_the_bot_is_invited_to_again(contests: Contests) -> None:
    """What was posted before is brought up to date once the bot is back; nothing new is posted."""
    announcements = contests.announcements
    await contests.voting([ANN, BOB])
    contests.clock.now += 61
    await contests.service.close(MANAGER, cancel=False)
    await _send_all(contests, 20)
    second = await contests.service.start(MANAGER, 20, contests.terms(), None)
    await _send_all(contests, 20)
    await contests.departures.add(GUILD, contests.clock())
    await contests.data.end_in(GUILD)
    await contests.data.forget_member(ANN)
    assert await announcements.pending(contests.clock()) == []
    assert await announcements.next_try() is None
    await contests.departures.remove(GUILD)
    assert await announcements.next_try() == 0.0
    edited = await announcements.pending(contests.clock())
    assert all(one.message_id for one in edited)
    kinds = {(one.challenge_id == second.id, one.kind) for one in edited}
    assert {(True, AnnouncementKind.OPENED), (False, AnnouncementKind.CLOSED)} <= kinds


async def test_what_a_moved_challenge_left_behind_says_that_it_ended(contests: Contests) -> None:
    """Its channel is deleted: the message in the one before is brought up to date."""
    challenge = await contests.start()
    await contests.service.enter(contests.member(ANN), await contests.painted(ANN))
    await _send_all(contests, 20)
    await contests.service.close(MANAGER, cancel=False)
    await contests.service.repost(MANAGER, 21)
    for one in await contests.announcements.pending(contests.clock()):
        await contests.announcements.began(one, contests.clock())
        where = 20 if one.kind is AnnouncementKind.OPENED else 21
        await contests.announcements.sent(one, where, 700 + where)
        await contests.announcements.refreshing(one)
    await contests.data.end_in(GUILD, 21)
    (edited,) = await contests.announcements.pending(contests.clock())
    assert (edited.challenge_id, edited.kind) == (challenge.id, AnnouncementKind.OPENED)


async def test_a_deleted_channel_ends_what_is_in_it_alone(contests: Contests) -> None:
    """Messages in other channels are still edited, such as results with a deleted painting."""
    announcements = contests.announcements

    await contests.voting([ANN, BOB])
    contests.clock.now += 61
    await contests.service.close(MANAGER, cancel=False)
    assert AnnouncementKind.CLOSED in await _send_all(contests, 20)
    second = await contests.service.start(MANAGER, 21, contests.terms(), None)
    await _send_all(contests, 21)
    await contests.data.end_in(GUILD, 21)
    assert await announcements.pending(contests.clock()) == []
    await contests.data.forget_member(ANN)
    edited = await announcements.pending(contests.clock())
    assert AnnouncementKind.CLOSED in [one.kind for one in edited]
    assert second.id not in {one.challenge_id for one in edited}
