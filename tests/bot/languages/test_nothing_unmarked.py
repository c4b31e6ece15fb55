"""All that members read goes through translation: they speak a language of brackets."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import aiohttp
import pytest

from bot.languages import speech
from bot.settings import WebSettings
from bot.simulator import Invocation, Simulator, Upload
from bot.simulator.bus import InteractionChanged, MessageChanged
from bot.simulator.model import Interaction, Json, Message
from engine.samples import STYLES
from tests.bot.languages.pseudo import Pseudo, texts_of, unmarked
from tests.end_to_end.harness import Bot, button, muralize, picture, results, running_bot
from tests.end_to_end.harness import run as command
from tests.end_to_end.test_challenges import contest_of
from tests.end_to_end.test_painting import result_of, said_privately
from tests.ports import free_port

LANGUAGE = "de"  # whose catalogue gives way to the brackets
NAMES = (
    *("Ada", "Ben", "Cleo", "Mo (moderator)", "Olga (owner)", "Muralscape", "muralscape"),
    *("gallery", "studio", "Atelier", "Moderators"),  # the server's own
    *("The Night", "Paint it", "Our town", "Purple haze", "Silver haze", "too loud", "sunset"),
    *("content", "style"),  # names of files without their endings
    *("JPEG", "PNG", "seed", "gatys", "mural", "draft", "px"),
    *(style.title for style in STYLES),
    *("Deutsch", "no weights at all"),  # a language in itself, and how the test's painter paints
    *(" und ", " oder "),  # Babel's, in lists
)


@dataclass
class Reader:
    """Reads all that the bot shows to anybody."""

    simulator: Simulator
    bot: Bot
    found: dict[str, list[str]] = field(default_factory=dict)  # a text -> its words

    def look(self, event: object) -> None:
        """Read what came."""
        if isinstance(event, MessageChanged) and event.message.author.bot:
            message = event.message
            self.read({"content": message.content, "embeds": message.embeds})
            self.read({"components": message.components})
            for file in message.attachments:
                self.read({"description": file.description})
        elif isinstance(event, InteractionChanged):
            self.read(event.interaction.modal or {})
            self.read([{"name": one["name"]} for one in event.interaction.choices or []])

    def read(self, data: object) -> None:
        """Note the words that are not marked."""
        for text in texts_of(data):
            words = unmarked(text, NAMES)
            if words:
                self.found[text] = words

    async def told(self, interaction: Interaction) -> Message:
        """Wait for the private answer to an interaction."""
        return await said_privately(self.simulator, interaction)

    async def answered(self, asked: Interaction) -> None:
        """Wait for a form, or for an answer that says more than that the bot thinks."""
        await self.simulator.until(lambda: self._is_answered(asked))

    async def press(
        self, message: Message, part: str, user: str, values: Sequence[str] = ()
    ) -> Interaction:
        """Use the component with such a part in its custom id; wait until something comes of it."""
        ids = [str(one["custom_id"]) for one in components(message.components)]
        (found,) = [one for one in ids if part in one]
        before = message.content, message.components
        pressed = self.simulator.people.press(message.id, found, user, values)

        def has_changed() -> bool:
            gone = message.id not in self.simulator.world.messages
            return gone or (message.content, message.components) != before

        await self.simulator.until(lambda: self._is_answered(pressed) or has_changed())
        return pressed

    def _is_answered(self, asked: Interaction) -> bool:
        messages = self.simulator.world.messages.values()
        said = any(one.interaction is asked and not one.thinking for one in messages)
        return said or asked.modal is not None

    async def posted(self, ending: str) -> Message:
        """Wait for a public message that has such a component."""

        def found() -> Message | None:
            for message in self.simulator.world.messages.values():
                for one in components(message.components):
                    if str(one["custom_id"]).endswith(ending) and message.ephemeral_to is None:
                        return message
            return None

        return await self.simulator.until(found)

    async def form(
        self, opened: Interaction, user: str, fields: dict[str, str | Sequence[str]]
    ) -> Interaction:
        """Send a form once it is open."""
        await self.simulator.until(lambda: opened.modal)
        return self.simulator.people.submit(str(opened.id), user, fields)


def components(rows: list[Json]) -> Iterator[Json]:
    """Give the components of a message that have ids."""
    for one in rows:
        if "custom_id" in one:
            yield one
        yield from components(one.get("components") or [])


@asynccontextmanager
async def reading(simulator: Simulator, data_dir: Path) -> AsyncIterator[Reader]:
    """Run a bot in a server of brackets, and read along."""
    (guild,) = simulator.world.guilds.values()
    guild.locale = LANGUAGE
    for user in simulator.world.users.values():
        user.locale = LANGUAGE
    speech.add(LANGUAGE, Pseudo())
    web = WebSettings(port=free_port())
    web = web.model_copy(update={"public_url": f"http://127.0.0.1:{web.port}"})
    try:
        async with running_bot(simulator, data_dir, painter="load_flat", web=web) as bot:
            reader = Reader(simulator, bot)
            unsubscribe = simulator.bus.subscribe(reader.look)
            yield reader
            unsubscribe()
    finally:
        speech.remove(LANGUAGE)


@pytest.mark.slow
async def test_every_sentence_is_translated(simulator: Simulator, data_dir: Path) -> None:
    """Outside of the brackets no word is left in messages, forms, menus, alt texts and pages."""
    async with reading(simulator, data_dir) as reader:
        registered(reader)
        for flow in (painting, refusals, lists, styles, settings, challenge, mural, privacy, pages):
            try:
                await flow(reader)
            except TimeoutError as error:  # what was read so far is told all the same
                reader.found[f"the flow {flow.__name__} is stuck"] = [str(error)]
    said = [f"{' '.join(words)}   <-   {text!r}" for text, words in reader.found.items()]
    assert not said, "\n".join(said)


def registered(reader: Reader) -> None:
    """Read the texts of all commands."""

    def read(entry: Json) -> None:
        for key in ("name", "description"):
            if entry.get(key) and key in entry:
                there = (entry.get(f"{key}_localizations") or {}).get(LANGUAGE, entry[key])
                reader.read({key: there})
        for inner in (*(entry.get("options") or ()), *(entry.get("choices") or ())):
            read(inner)

    for one in reader.simulator.commands.registered():
        read(one.definition)


async def painting(reader: Reader) -> None:
    """A painting, all the buttons of its result, and what menus offer."""
    simulator = reader.simulator
    painted = await result_of(simulator, muralize(simulator, name="sunset.png"))
    for action in ("again", "stronger", "softer"):
        pressed = simulator.people.press(painted.id, button(painted, action), "ada")
        await result_of(simulator, pressed)
    for action in ("larger", "curve", "timelapse", "full"):
        if any(one["custom_id"].endswith(f":{action}") for one in components(painted.components)):
            await reader.press(painted, f":{action}", "ada")
    posted = simulator.people.post("ben", "look", [Upload("photo.png", picture(), None)])
    for name in [one.name for one in simulator.commands.registered() if one.type != 1]:
        target = str(posted.id) if "picture" in name else str(simulator.people.user("ben").id)
        opened = simulator.people.invoke(Invocation(name, user="ada", target=target))
        await reader.answered(opened)
    typed = Invocation("muralize", user="ada", texts={"saved_style": "night"})
    await simulator.people.autocomplete(typed, "saved_style")
    gone = await result_of(simulator, muralize(simulator))
    await reader.press(gone, ":delete", "ada")


async def refusals(reader: Reader) -> None:
    """What cannot be done."""
    simulator = reader.simulator
    for asked in (
        muralize(simulator, content=b"no picture at all"),
        muralize(simulator, saved_style="no such style"),
        muralize(simulator, size="1000"),
        command(simulator, "queue cancel", "ada", {"job": "999"}),
        command(simulator, "style delete", "ada", {"name": "no such style"}),
        command(simulator, "challenge status"),
        command(simulator, "challenge enter", "ada", {"painting": "999"}),
        command(simulator, "mural show"),
        command(simulator, "mural claim"),
    ):
        await reader.answered(asked)


async def lists(reader: Reader) -> None:
    """The queue and one's paintings."""
    simulator = reader.simulator
    shown = await reader.told(command(simulator, "queue show"))
    assert shown.content
    page = await reader.told(command(simulator, "paintings"))
    menu = next(one for one in components(page.components) if one["type"] == 3)
    value = menu["options"][0]["value"]
    simulator.people.press(page.id, menu["custom_id"], "ada", [value])
    await simulator.until(lambda: page in results(simulator))


async def styles(reader: Reader) -> None:
    """The library."""
    simulator = reader.simulator
    file = Upload("style.png", picture(colour="purple"), "image/png")
    texts = {"name": "Purple haze"}
    save = Invocation("style save", user="ada", texts=texts, files={"picture": file})
    await reader.told(simulator.people.invoke(save))
    await reader.told(simulator.people.invoke(save))  # there is one already
    await reader.told(command(simulator, "style list"))
    await reader.told(command(simulator, "style show", "ada", texts))
    await reader.told(command(simulator, "style delete", "ben", texts))
    renamed = {"name": "Purple haze", "new_name": "Silver haze"}
    await reader.told(command(simulator, "style rename", "ada", renamed))
    await reader.told(command(simulator, "style delete", "ada", {"name": "Silver haze"}))


async def settings(reader: Reader) -> None:
    """A server's settings, rules, words and blocks."""
    simulator = reader.simulator
    await reader.told(command(simulator, "settings show", "mo"))
    panel = await reader.told(command(simulator, "settings set", "mo"))
    form = await reader.press(panel, "settings/limits", "mo")
    await reader.told(await reader.form(form, "mo", {"largest_size": "999999"}))
    await reader.told(command(simulator, "settings rules", "mo"))
    opened = command(simulator, "settings words", "mo")
    await simulator.until(lambda: opened.modal)
    await reader.told(
        command(simulator, "block member", "mo", {"member": "cleo", "reason": "too loud"})
    )
    await reader.told(command(simulator, "block list", "mo"))
    await reader.told(muralize(simulator, "cleo"))
    await reader.told(command(simulator, "block lift", "mo", {"member": "cleo"}))
    await reader.press(panel, "settings/on/", "mo", ("gallery",))


async def challenge(reader: Reader) -> None:
    """A challenge with a vote, to the leaderboard."""
    simulator = reader.simulator
    options = {"title": "The Night", "theme": "Paint it"}
    await reader.told(command(simulator, "challenge start", "ada", options))
    await reader.told(command(simulator, "challenge start", "mo", options))
    for user, colour in (("ada", "red"), ("ben", "green")):
        asked = muralize(simulator, user, content=picture(colour=colour))
        painted = await result_of(simulator, asked)
        await reader.told(simulator.people.press(painted.id, button(painted, "enter"), user))
    await reader.told(command(simulator, "challenge status"))
    await reader.told(command(simulator, "challenge close", "mo"))
    ballot = await reader.posted("challenges/1/vote/1")
    contest = await contest_of(reader.bot)
    for user in ("cleo", "ada"):
        for entry in contest.ballot:
            vote = f"challenges/1/vote/{entry.number}"
            await reader.told(simulator.people.press(ballot.id, vote, user))
    await reader.told(command(simulator, "challenge close", "mo"))
    await reader.told(command(simulator, "challenge results"))
    await reader.told(command(simulator, "challenge leaderboard"))


async def mural(reader: Reader) -> None:
    """A mural, from the first command to the finished picture."""
    simulator = reader.simulator
    files = {"content": Upload("photo.png", picture(400, 300), "image/png")}
    texts = {"title": "Our town", "columns": "2", "rows": "2", "tiles_per_member": "2"}
    start = Invocation("mural start", user="mo", texts=texts, files=files)
    await reader.told(simulator.people.invoke(start))
    await reader.told(simulator.people.invoke(start))  # there is one already
    message = await reader.posted("mural/1/claim")
    await reader.press(message, "mural/1/claim", "ada")
    for user, tile in (("ada", 1), ("ben", 2), ("ben", 1), ("ada", 9)):
        options = {"tile": str(tile), "saved_style": "Whirling night"}
        await reader.told(command(simulator, "mural claim", user, options))
    await reader.told(command(simulator, "mural claim", "cleo", {"tile": "3"}))
    freed = {"tile": "3", "reason": "too loud"}
    await reader.told(command(simulator, "mural free", "mo", freed))
    await reader.told(command(simulator, "mural finish", "mo"))
    await simulator.until(lambda: len(message.attachments) == 2)  # with the film
    await reader.told(command(simulator, "mural show"))


async def privacy(reader: Reader) -> None:
    """What the bot keeps, and its end."""
    simulator = reader.simulator
    await reader.told(command(simulator, "privacy export", "ben"))
    asked = await reader.told(command(simulator, "privacy delete", "ben"))
    await reader.press(asked, "privacy/delete", "ben")


async def pages(reader: Reader) -> None:
    """The pages, as a browser of that language gets them."""
    (guild,) = reader.simulator.world.guilds
    show = await reader.told(command(reader.simulator, "mural show"))
    link = show.content.split("](")[1].split(")")[0]
    base = reader.bot.app.pages.url
    headers = {"Accept-Language": f"{LANGUAGE}-AT, en;q=0.5"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for address in (
            f"{base}/gallery/{guild}",
            f"{base}/gallery/{guild}/1",
            link,
            f"{base}/murals/1/",
            f"{base}/paintings/1.png",
        ):
            async with session.get(address) as answer:
                assert answer.headers["Vary"] == "Accept-Language"
                page = Page()
                page.feed(await answer.text())
            assert page.language == LANGUAGE
            for text in page.texts:
                reader.read({"content": text})


class Page(HTMLParser):
    """The texts of a page, of its attributes too; dates are Babel's."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.language = ""
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read attributes."""
        given = dict(attrs)
        self._silent += tag in ("style", "script", "time")
        self.language = given.get("lang") or self.language
        content = given.get("content") if given.get("name") == "description" else None
        for text in (given.get("alt"), given.get("aria-label"), content):
            self.texts += [text] if text else []

    def handle_endtag(self, tag: str) -> None:
        """Listen again."""
        self._silent -= tag in ("style", "script", "time")

    def handle_data(self, data: str) -> None:
        """Read a text."""
        if not self._silent:
            self.texts.append(data)
