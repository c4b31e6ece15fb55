"""A server's language, its emoji and its previews on the simulator."""

from pathlib import Path

from bot.simulator import Simulator
from tests.catalogues import spoken_as
from tests.end_to_end.harness import muralize, running_bot
from tests.end_to_end.harness import run as command
from tests.end_to_end.painters import hold, release
from tests.end_to_end.test_challenges import posted, told
from tests.end_to_end.test_guild_settings import choose
from tests.end_to_end.test_painting import result_of, said_privately

TITLE = "🎨 **Challenge: *{title}***"
GERMAN = {
    ("", TITLE): "🎨 **Wettbewerb: *{title}***",
    ("", "-# Challenge № {id} · opened"): "-# Wettbewerb № {id} · eröffnet",
}
NO_MANAGER = "To start challenges here you need the permission Manage Server."
FRENCH = {("", NO_MANAGER): "Il faut la permission de gérer le serveur."}
JAPANESE = {("", TITLE): "🎨 **チャレンジ *{title}***"}
NIGHT = {"title": "Night", "theme": "Paint it", "entries_until": "1h"}


async def test_a_server_reads_its_language_and_a_member_theirs(
    simulator: Simulator, data_dir: Path
) -> None:
    """The announcement is in the server's language; each answer in that of its member."""
    (guild,) = simulator.world.guilds.values()
    guild.locale = "de"
    simulator.people.user("ada").locale = "fr"
    with spoken_as("de", GERMAN), spoken_as("fr", FRENCH):
        async with running_bot(simulator, data_dir):
            refused = command(simulator, "challenge start", "ada", NIGHT)
            assert await told(simulator, refused) == FRENCH["", NO_MANAGER]
            started = command(simulator, "challenge start", "mo", NIGHT)
            assert "Challenge № 1 is open." in await told(simulator, started)
            (announced,) = await simulator.until(lambda: posted(simulator, "Wettbewerb: *Night*"))
    assert "\n-# Wettbewerb № 1 · eröffnet" in announced.content


async def test_a_server_chooses_language_emoji_and_previews(
    simulator: Simulator, data_dir: Path
) -> None:
    """They hold at once: for the panel, announcements, cards and their buttons."""
    files: set[str] = set()
    cards: set[str] = set()

    def watch(_: object) -> None:
        for message in simulator.world.messages.values():
            files.update(file.filename for file in message.attachments)
            if message.interaction is not None:
                cards.add(message.content)

    with spoken_as("ja", JAPANESE):
        hold(data_dir, 10)
        async with running_bot(simulator, data_dir, painter="load_steady"):
            panel = await said_privately(simulator, command(simulator, "settings set", "mo"))
            assert "everyone**: English (United States), as Discord says" in panel.content
            form = simulator.people.press(panel.id, "settings/language", "mo")
            await simulator.until(lambda: form.modal)
            simulator.people.submit(str(form.id), "mo", {"language": ["ja"]})
            await simulator.until(lambda: "everyone**: 日本語\n" in panel.content)
            on = ("public_results", "mention_members")
            await choose(simulator, panel, "on", on, "Decorative emoji**: no")
            buttons = [one for row in panel.components for one in row["components"]]
            assert not any(one.get("emoji") for one in buttons)
            command(simulator, "challenge start", "mo", NIGHT)
            (announced,) = await simulator.until(lambda: posted(simulator, "チャレンジ"))
            assert announced.content.startswith("**チャレンジ *Night***")
            simulator.bus.subscribe(watch)
            asked = muralize(simulator)
            await simulator.until(lambda: any(text.startswith("**Painting** ") for text in cards))
            release(data_dir)
            painted = await result_of(simulator, asked)
    assert painted.content.startswith("**Painted** for Ada")
    assert not any(name.startswith("preview") for name in files)
    labels = [one for row in painted.components for one in row["components"]]
    assert labels
    assert not any(one.get("emoji") for one in labels)
