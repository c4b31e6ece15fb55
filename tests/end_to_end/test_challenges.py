"""Challenges on the simulator, from the first command to the leaderboard."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from bot.challenges.model import Contest
from bot.simulator import DiscordLimits, Invocation, Simulator, Upload
from bot.simulator.model import Interaction, Message
from tests.bot.clients import StartSimulator
from tests.end_to_end import bot_process
from tests.end_to_end.harness import Bot, button, muralize, picture, running_bot
from tests.end_to_end.harness import run as command
from tests.end_to_end.test_painting import result_of, said_privately

COLOURS = {"ada": "red", "ben": "green", "cleo": "blue", "dora": "gold", "eve": "purple"}


def furnish(simulator: Simulator) -> None:
    """Add the members that a default server lacks."""
    (guild,) = simulator.world.guilds.values()
    for name in ("dora", "eve"):
        simulator.world.join(guild, simulator.world.add_user(name))


def posted(simulator: Simulator, words: str) -> list[Message]:
    """List the public messages with these words."""
    return [
        message
        for message in simulator.world.messages.values()
        if words in message.content and message.ephemeral_to is None
    ]


async def told(simulator: Simulator, interaction: Interaction) -> str:
    """Wait for the private answer to an interaction."""
    return (await said_privately(simulator, interaction)).content


async def contest_of(bot: Bot) -> Contest:
    """Read the open challenge."""
    (guild,) = bot.simulator.world.guilds
    contest = await bot.app.challenges.open_in(guild)
    assert contest is not None
    return contest


async def enter(simulator: Simulator, user: str) -> str:
    """Have a member paint in the saved style and press the button on the result."""
    content = picture(colour=COLOURS[user])
    painted = await result_of(
        simulator, muralize(simulator, user, content=content, saved_style="night")
    )
    return await told(simulator, simulator.people.press(painted.id, button(painted, "enter"), user))


async def vote(simulator: Simulator, contest: Contest, voter: str, owner: str) -> str:
    """Have a member press the button of somebody's entry."""
    author = simulator.people.user(owner).id
    number = next(entry.number for entry in contest.ballot if entry.member_id == author)
    (ballot,) = posted(simulator, "🗳️ **Vote")
    return await told(
        simulator, simulator.people.press(ballot.id, f"challenges/1/vote/{number}", voter)
    )


def let_voting_end(data_dir: Path) -> None:
    """Let the deadline pass, as it does while a bot is down for long."""
    with (
        closing(sqlite3.connect(data_dir / "muralscape.db", timeout=120)) as connection,
        connection,
    ):
        connection.execute("UPDATE challenges SET voting_until = ?", (time.time() - 3600,))


async def test_a_challenge_from_start_to_leaderboard(simulator: Simulator, data_dir: Path) -> None:
    """Five enter and vote; the deadline passes while the bot is down; the result comes once."""
    furnish(simulator)
    async with running_bot(simulator, data_dir) as bot:
        style = Upload("night.png", picture(colour="navy"), "image/png")
        saved = Invocation(
            "style save", user="ada", texts={"name": "Night"}, files={"picture": style}
        )
        await said_privately(simulator, simulator.people.invoke(saved))
        options = {"title": "The **Night**", "theme": "Paint it @everyone", "entries_until": "1h"}
        refused = command(simulator, "challenge start", "ada", options)
        assert "the permission Manage Server" in await told(simulator, refused)
        started = command(simulator, "challenge start", "mo", options)
        assert "№ 1 is open" in await told(simulator, started)
        (announced,) = await simulator.until(lambda: posted(simulator, "Challenge: *The Night*"))
        assert "> Paint it everyone" in announced.content

        for user in COLOURS:
            assert "is in the challenge *The Night*" in await enter(simulator, user)
        early = command(simulator, "challenge results", "ada")
        assert "No challenge has ended" in await told(simulator, early)
        closed = command(simulator, "challenge close", "mo")
        assert "now voting" in await told(simulator, closed)
        (ballot,) = await simulator.until(lambda: posted(simulator, "🗳️ **Vote"))
        assert len(ballot.attachments) == 5
        await simulator.until(lambda: "Entering is over" in announced.content)

        contest = await contest_of(bot)
        for voter, owner in (
            ("ada", "ben"),
            ("cleo", "ben"),
            ("olga", "ben"),
            ("ben", "ada"),
            ("dora", "ada"),
            ("dora", "ada"),  # twice the same
            ("eve", "ada"),
            ("eve", "cleo"),  # changed
            ("mo", "cleo"),
        ):
            assert "Your vote is for entry" in await vote(simulator, contest, voter, owner)
        assert "your own entry" in await vote(simulator, contest, "cleo", "cleo")
        (guild,) = simulator.world.guilds.values()
        guild.members[simulator.people.user("mo").id].joined = None  # as Discord says of guests
        assert "joined before" in await vote(simulator, contest, "mo", "cleo")
        assert len((await contest_of(bot)).votes) == 7
        users = [simulator.people.user(name) for name in COLOURS]
        names = [text for user in users for text in (str(user.id), str(user.global_name))]
        assert not any(name in ballot.content for name in names)

    let_voting_end(data_dir)
    for _ in range(2):
        async with running_bot(simulator, data_dir):
            (result,) = await simulator.until(lambda: posted(simulator, "🏆 **Results"))
            await simulator.until(lambda: ballot.components == [])
            board = await told(simulator, command(simulator, "challenge leaderboard", "ben"))
    lines = result.content.splitlines()
    assert lines[1].startswith("🥇 Ben · 3 votes")
    assert {line.split(" · entry")[0] for line in lines[2:4]} == {
        "🥈 Ada · 2 votes",
        "🥈 Cleo · 2 votes",
    }
    assert {line.split()[0] for line in lines[4:6]} == {"**4.**"}
    assert len(result.attachments) == 5
    ranked = board.splitlines()[1:]
    assert ranked[0].startswith("🥇 Ben · 1 win · 1 in the first three · 3 votes")
    assert [line.split(" ")[0] for line in ranked] == ["🥇", "🥈", "🥈", "**4.**", "**4.**"]
    for message in simulator.world.messages.values():
        assert [*message.mentions, *message.mention_roles] == []
        assert not message.mention_everyone


async def test_back_out_and_removed(simulator: Simulator, data_dir: Path) -> None:
    """An author takes an entry back; a moderator removes one and its author is told why."""
    async with running_bot(simulator, data_dir) as bot:
        options = {"title": "Night", "theme": "Paint it"}
        await told(simulator, command(simulator, "challenge start", "mo", options))
        jobs = {}
        for user in ("ada", "ben"):
            painted = await result_of(simulator, muralize(simulator, user))
            jobs[user] = painted.attachments[0].filename.split("-")[1].split(".")[0]
            entered = command(simulator, "challenge enter", user, {"painting": jobs[user]})
            assert "is in the challenge" in await told(simulator, entered)
        foreign = command(simulator, "challenge enter", "cleo", {"painting": jobs["ada"]})
        assert "no painting number 1 in this server" in await told(simulator, foreign)

        panel = await said_privately(simulator, command(simulator, "challenge status", "ada"))
        contest = await contest_of(bot)
        mine, bens = contest.entries
        simulator.people.press(panel.id, "challenges/1/withdraw", "ada", [str(mine.id)])
        await simulator.until(lambda: "is withdrawn" in panel.content)
        panel = await said_privately(simulator, command(simulator, "challenge status", "mo"))
        form = simulator.people.press(panel.id, "challenges/1/remove/0", "mo", [str(bens.id)])
        await simulator.until(lambda: form.modal)
        simulator.people.submit(str(form.id), "mo", {"reason": "not a *night*"})
        await simulator.until(lambda: "entry is removed" in panel.content)
        (letter,) = await simulator.until(lambda: posted(simulator, "A moderator removed"))
        assert letter.channel.recipients == [simulator.people.user("ben")]
        assert "Reason: not a night" in letter.content
        cancelled = command(simulator, "challenge close", "mo", {"cancel": "true"})
        assert "now cancelled" in await told(simulator, cancelled)
        await simulator.until(lambda: posted(simulator, "🚫 **Cancelled: *Night*"))


@pytest.mark.slow
async def test_a_hundred_press_at_once(simulator: Simulator, data_dir: Path) -> None:
    """A hundred members press vote at the same moment, twice each: a hundred votes."""
    (guild,) = simulator.world.guilds.values()
    crowd = [f"voter{number}" for number in range(100)]
    for name in crowd:
        simulator.world.join(guild, simulator.world.add_user(name))
    async with running_bot(simulator, data_dir) as bot:
        options = {"title": "Night", "theme": "Paint it"}
        await told(simulator, command(simulator, "challenge start", "mo", options))
        for user in ("ada", "ben"):
            painted = await result_of(simulator, muralize(simulator, user))
            press = simulator.people.press(painted.id, button(painted, "enter"), user)
            await told(simulator, press)
        await told(simulator, command(simulator, "challenge close", "mo"))
        (ballot,) = await simulator.until(lambda: posted(simulator, "🗳️ **Vote"))
        presses = [
            simulator.people.press(ballot.id, f"challenges/1/vote/{number}", name)
            for name in crowd
            for number in ("1", "2")
        ]
        await asyncio.gather(*(said_privately(simulator, press) for press in presses))
        assert len((await contest_of(bot)).votes) == 100


async def test_an_announcement_whose_answer_was_lost(
    start_simulator: StartSimulator, data_dir: Path
) -> None:
    """It is found in the channel and not sent again, also when Discord has forgotten its nonce."""
    simulator = await start_simulator(DiscordLimits(nonce_window=0.0))
    simulator.faults.hang_up(method="POST", path=r"^/channels/\d+/messages$", after=True, times=1)
    async with running_bot(simulator, data_dir):
        options = {"title": "Night", "theme": "Paint it"}
        await told(simulator, command(simulator, "challenge start", "mo", options))
        await simulator.until(lambda: posted(simulator, "Challenge: *Night*"))
    async with running_bot(simulator, data_dir):
        cancelled = command(simulator, "challenge close", "mo", {"cancel": "true"})
        await told(simulator, cancelled)
        # changed, so that it was found
        await simulator.until(lambda: "was cancelled" in posted(simulator, "*Night*")[0].content)
    assert len(posted(simulator, "Challenge: *Night*")) == 1


@pytest.mark.slow
async def test_killed_as_an_announcement_arrives(
    start_simulator: StartSimulator, data_dir: Path
) -> None:
    """A bot that dies before it can note what it has sent does not send it again."""
    simulator = await start_simulator(DiscordLimits(nonce_window=0.0))

    async def live_until(words: str, command_line: str, **options: str) -> None:
        """Run a bot until a command of the moderator's is announced, and kill it that moment."""
        bot = bot_process.start(simulator.world.token, simulator.api_base, data_dir, "load_quick")
        await simulator.until(lambda: simulator.gateway.connected)
        before = len(posted(simulator, words))
        command(simulator, command_line, "mo", options)
        await simulator.until(lambda: len(posted(simulator, words)) > before)
        bot.kill()
        await asyncio.to_thread(bot.join)
        await simulator.until(lambda: not simulator.gateway.connected)

    for _ in range(2):
        await live_until("· opened", "challenge start", title="Night", theme="Paint it")
        await live_until("· cancelled", "challenge close", cancel="true")
    async with running_bot(simulator, data_dir):
        await simulator.until(
            lambda: all("was cancelled" in m.content for m in posted(simulator, "· opened"))
        )
    for kind in ("opened", "cancelled"):
        numbers = [m.content.split("Challenge № ")[1][0] for m in posted(simulator, f"· {kind}")]
        assert numbers == ["1", "2"]


async def test_the_clock_of_the_bot_is_the_clock_of_challenges_and_styles(
    simulator: Simulator, data_dir: Path
) -> None:
    """Deadlines and the times that the database keeps come from the clock given to the bot."""
    ahead = 30 * 86_400.0
    async with running_bot(simulator, data_dir, clock=lambda: time.time() + ahead) as bot:
        begun = time.time() + ahead
        options = {"title": "Night", "theme": "Paint the night", "entries_until": "1h"}
        started = command(simulator, "challenge start", "mo", options)
        assert "is open" in await told(simulator, started)
        challenge = (await contest_of(bot)).challenge
        assert begun <= challenge.created_at <= begun + 3600
        assert begun + 3600 <= challenge.terms.entries_until <= begun + 7200
        assert (
            "comes with"
            in (await said_privately(simulator, command(simulator, "style list"))).embeds[0][
                "description"
            ]
        )
        with closing(sqlite3.connect(data_dir / "muralscape.db", timeout=120)) as connection:
            (saved_at,) = connection.execute("SELECT min(created_at) FROM styles").fetchone()
        assert begun <= saved_at <= begun + 3600
