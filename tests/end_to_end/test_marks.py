"""Spoilers and age-restricted channels: the marks stay with the painting."""

from pathlib import Path

from bot.simulator import Invocation, Simulator, Upload
from bot.simulator.model import Interaction, Message
from tests.end_to_end.harness import button, muralize, picture, running_bot
from tests.end_to_end.harness import run as command
from tests.end_to_end.painters import hold, release
from tests.end_to_end.test_challenges import contest_of, posted, told
from tests.end_to_end.test_departures import atelier_of
from tests.end_to_end.test_gallery import status_of
from tests.end_to_end.test_guild_settings import switch

BLURRED = "SPOILER_"


async def blurred(simulator: Simulator, interaction: Interaction) -> Message:
    """Wait for a painting whose every file is behind a spoiler."""
    message = await simulator.until(
        lambda: next(
            (
                message
                for message in simulator.world.messages.values()
                if message.interaction is interaction
                and any("muralscape-" in file.filename for file in message.attachments)
            ),
            None,
        ),
    )
    assert all(file.filename.startswith(BLURRED) for file in message.attachments)
    return message


def save(simulator: Simulator, name: str, channel: str) -> Interaction:
    """Have a member save a style from a file of this name."""
    file = Upload(name, picture(colour="purple"), "image/png")
    texts, files = {"name": "Night"}, {"picture": file}
    entry = Invocation("style save", user="ada", channel=channel, texts=texts, files=files)
    return simulator.people.invoke(entry)


async def test_spoilers(simulator: Simulator, data_dir: Path) -> None:
    """Previews, results and repeats of a spoiler are blurred, and stay out of what shows openly."""
    previews: set[str] = set()

    def watch(_: object) -> None:
        for message in simulator.world.messages.values():
            previews.update(a.filename for a in message.attachments if "preview" in a.filename)

    simulator.bus.subscribe(watch)
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir, painter="load_steady"):
        both = (
            muralize(simulator, name="SPOILER_cat.png"),
            muralize(simulator, style_name="SPOILER_style.png"),
        )
        await simulator.until(lambda: previews)
        release(data_dir)
        for asked in both:
            message = await blurred(simulator, asked)
        assert all(name.startswith(BLURRED) for name in previews)
        again = simulator.people.press(message.id, button(message, "again"), "ben")
        message = await blurred(simulator, again)

        options = {"title": "Night", "theme": "Paint it"}
        await told(simulator, command(simulator, "challenge start", "mo", options))
        entered = simulator.people.press(message.id, button(message, "enter"), "ben")
        assert "marked as a spoiler" in await told(simulator, entered)
        saved = save(simulator, "SPOILER_style.png", "gallery")
        assert "takes no picture that is" in await told(simulator, saved)


async def test_age_restricted_channels(simulator: Simulator, data_dir: Path) -> None:
    """Their paintings are blurred and leave them for no challenge, library or public gallery."""
    world, atelier = simulator.world, atelier_of(simulator)
    den = world.add_channel(atelier.guild, "den", nsfw=True)
    thread = world.start_thread(den, "sketches", atelier.members[0])
    async with running_bot(simulator, data_dir) as bot:
        message = await blurred(simulator, muralize(simulator, channel="den"))
        inside = await blurred(simulator, muralize(simulator, "ben", channel=str(thread.id)))
        assert "takes no picture that is" in await told(simulator, save(simulator, "s.png", "den"))

        options = {"title": "Open", "theme": "Paint it"}
        await told(simulator, command(simulator, "challenge start", "mo", options))
        entered = simulator.people.press(message.id, button(message, "enter"), "ada")
        assert "comes from an age-restricted channel" in await told(simulator, entered)
        await told(simulator, command(simulator, "challenge close", "mo", {"cancel": "true"}))

        options = {"title": "Closed", "theme": "Paint it", "channel": "den"}
        await told(simulator, command(simulator, "challenge start", "mo", options))
        for result, user in ((message, "ada"), (inside, "ben")):
            press = simulator.people.press(result.id, button(result, "enter"), user)
            assert "is in the challenge" in await told(simulator, press)
        entry = (await contest_of(bot)).entries[0]
        await told(simulator, command(simulator, "challenge close", "mo"))
        await simulator.until(lambda: posted(simulator, "🗳️ **Vote"))
        await told(simulator, command(simulator, "challenge close", "mo"))
        await switch(simulator, "gallery", on=True)
        guild = atelier.guild.id
        assert await status_of(bot, f"/gallery/{guild}") == 200
        assert await status_of(bot, f"/gallery/{guild}/2") == 404
        assert await status_of(bot, f"/gallery/{guild}/2/{entry.id}-640.webp") == 404


async def test_marks_outlast_the_channel(simulator: Simulator, data_dir: Path) -> None:
    """What is asked for again from a direct message is as marked as the painting it repeats."""
    world, atelier = simulator.world, atelier_of(simulator)
    world.add_channel(atelier.guild, "den", nsfw=True)
    simulator.faults.fail(401, 50027, "Invalid Webhook Token", path=r"^/webhooks/")
    simulator.faults.fail(
        403, 50013, "Missing Permissions", method="POST", path=r"^/channels/\d+/m", times=1
    )
    async with running_bot(simulator, data_dir):
        muralize(simulator, channel="den")
        message = await simulator.until(
            lambda: next((m for m in world.messages.values() if m.channel.recipients), None)
        )
        assert message.attachments[0].filename.startswith(BLURRED)
        simulator.faults.clear()
        await blurred(
            simulator, simulator.people.press(message.id, button(message, "again"), "ada")
        )
