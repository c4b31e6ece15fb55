"""Where a job is admitted, the bot asks about membership, bans, commands and channels."""

import asyncio
from pathlib import Path

from bot.simulator import CdnFault, Permission, Simulator, upheaval
from bot.simulator.model import Interaction, Message
from tests.end_to_end.harness import (
    button,
    muralize,
    private_answers,
    query,
    results,
    run,
    running_bot,
)
from tests.end_to_end.test_delivery import forbid_posting, kill_token
from tests.end_to_end.test_departures import atelier_of
from tests.end_to_end.test_guild_settings import switch
from tests.end_to_end.test_painting import result_of, said_privately

JOBS = "SELECT id FROM jobs"


async def painted_privately(simulator: Simulator, user: str) -> Message:
    """Have a painting arrive by direct message, the only way that is open."""
    before = len(results(simulator))
    muralize(simulator, user)
    await simulator.until(lambda: len(results(simulator)) > before)
    message = results(simulator)[-1]
    assert message.channel.guild_id is None
    return message


def again(simulator: Simulator, message: Message, user: str) -> Interaction:
    """Press Again."""
    return simulator.people.press(message.id, button(message, "again"), user)


async def test_old_buttons_of_somebody_who_left(simulator: Simulator, data_dir: Path) -> None:
    """In a direct message they paint for members, not for former or banned ones."""
    world, atelier = simulator.world, atelier_of(simulator)
    kill_token(simulator)
    forbid_posting(simulator)
    async with running_bot(simulator, data_dir):
        messages = {user: await painted_privately(simulator, user) for user in ("ada", "ben")}
        again(simulator, messages["ada"], "ada")
        await simulator.until(lambda: len(results(simulator)) == 3)

        simulator.faults.clear()
        world.installers.update(user.id for user in atelier.members)  # so that they can be answered
        world.leave(atelier.guild, atelier.members[0])
        upheaval.ban(world, atelier.guild, atelier.members[1])
        for user, message in messages.items():
            refused = await said_privately(simulator, again(simulator, message, user))
            assert "no longer in" in refused.content
        assert len(query(data_dir, JOBS)) == 3


async def test_a_request_of_somebody_who_left(simulator: Simulator, data_dir: Path) -> None:
    """What the last run had accepted, and not yet made a job, is asked about at the next start."""
    world, atelier = simulator.world, atelier_of(simulator)
    slow = simulator.faults.download(CdnFault(delay=60))
    async with running_bot(simulator, data_dir):
        asked = muralize(simulator)
        await simulator.until(lambda: asked.original and query(data_dir, "SELECT 1 FROM requests"))
    simulator.faults.lift(slow)
    world.leave(atelier.guild, atelier.members[0])
    async with running_bot(simulator, data_dir):
        refused = await said_privately(simulator, asked)
        assert "no longer in" in refused.content
    assert query(data_dir, JOBS) == []


async def test_the_integrations_page(simulator: Simulator, data_dir: Path) -> None:
    """Buttons that paint obey the rules for `/muralize`, which Discord checks for commands only."""
    atelier, commands = atelier_of(simulator), simulator.commands
    ada = atelier.members[0]
    async with running_bot(simulator, data_dir):
        message = await result_of(simulator, muralize(simulator))
        rule = commands.named("muralize")
        commands.integrations.set(atelier.guild, rule, ada, allow=False)
        refused = await said_privately(simulator, again(simulator, message, "ada"))
        assert "does not let you use `/muralize` here" in refused.content
        await result_of(simulator, again(simulator, message, "ben"))

        commands.integrations.set(atelier.guild, rule, ada, allow=True)  # the bot hears of it
        await result_of(simulator, again(simulator, message, "ada"))
        commands.integrations.set(atelier.guild, None, atelier.gallery, allow=False)
        refused = await said_privately(simulator, again(simulator, message, "ada"))
        assert "does not let you use" in refused.content
        assert len(query(data_dir, JOBS)) == 3


async def test_rules_that_change_while_they_are_read(simulator: Simulator, data_dir: Path) -> None:
    """An answer that Discord gave before a change does not count for later presses."""
    atelier, commands = atelier_of(simulator), simulator.commands
    async with running_bot(simulator, data_dir) as bot:
        message = await result_of(simulator, muralize(simulator))
        slow = simulator.faults.hold(path=r"/commands/permissions$", after=True)
        again(simulator, message, "ada")
        await simulator.until(lambda: slow.hits)
        hearing = asyncio.create_task(
            bot.app.client.wait_for("raw_app_command_permissions_update", timeout=120)
        )
        await asyncio.sleep(0)
        rule = commands.named("muralize")
        commands.integrations.set(atelier.guild, rule, atelier.members[0], allow=False)
        await hearing
        simulator.faults.lift(slow)
        await simulator.until(lambda: len(results(simulator)) == 2)
        refused = await said_privately(simulator, again(simulator, message, "ada"))
        assert "does not let you use `/muralize` here" in refused.content


async def test_members_who_may_not_post(simulator: Simulator, data_dir: Path) -> None:
    """Nobody has the bot post pictures where they may not; what only they see is no matter."""
    world, atelier = simulator.world, atelier_of(simulator)
    everyone = atelier.guild.roles[atelier.guild.id]
    async with running_bot(simulator, data_dir):
        await result_of(simulator, muralize(simulator))
        page = await said_privately(simulator, run(simulator, "paintings"))
        simulator.people.press(page.id, "paintings/show/0", "ada", ["1"])
        await simulator.until(lambda: "Final loss" in page.content)
        for denied in (Permission.ATTACH_FILES, Permission.SEND_MESSAGES):
            world.overwrite(atelier.gallery, everyone, deny=int(denied))
            for asked in (
                muralize(simulator),
                simulator.people.press(page.id, "paintings/post/1", "ada"),
            ):
                refused = await said_privately(simulator, asked)
                assert "may not send pictures" in refused.content
        await switch(simulator, "public_results", on=False)
        asked = muralize(simulator)
        await simulator.until(lambda: any(m.attachments for m in private_answers(simulator, asked)))
