"""Two members and visitors try to stop the bot while others use it."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from urllib.parse import urlsplit

from bot.simulator import Invocation, Simulator, Upload
from bot.simulator.model import Interaction, Message
from tests.attacks.files import costly_files
from tests.end_to_end.harness import button, is_result, muralize, picture, private_answers, run
from tests.soak.traffic import SIZE, outcome_of

NAME = "eve"
SENDER = "mallory"  # of costly files: a member of its own, so that they do not wait for the flood
PATIENCE = 300.0  # seconds until an attack without any answer is a complaint
FLOOD = 25  # commands at once
HALF = b"GET /gallery/1 HTTP/1.1\r\nHost: x\r\n"
HELD = 400  # half-open requests, more than the bot's pages keep
GARBAGE = (b"\x16\x03\x01\x02\x00\x01\x00\n\r\n\r\n", b"GET /\r\nx: \x1b[31m\r\n\r\n", b"\0" * 99)
KNOTS = ("</" * 40, "<a:" * 30, "1." * 45, "_" * 95)


class Attacker:
    """Attacks until cancelled: files that cost, floods of commands, connections that say nothing.

    `counts` says what was sent, `complaints` which attacks got no answer at all.
    """

    def __init__(
        self, simulator: Simulator, pages: str, moments: random.Random, pause: float
    ) -> None:
        self._simulator = simulator
        self._address = urlsplit(pages)
        self._moments = moments
        self._pause = pause  # seconds between two attacks, on average
        self._files: list[bytes] = []
        self.counts: Counter[str] = Counter()
        self.complaints: list[str] = []
        for name in (NAME, SENDER):
            user = simulator.world.add_user(name, name.title())
            for guild in list(simulator.world.guilds.values()):
                simulator.world.join(guild, user)

    async def attack(self) -> None:
        """Attack in every way, as member and as visitor at once."""
        async with asyncio.TaskGroup() as together:
            together.create_task(self._repeat([self._hold, self._scan]))
            makers = costly_files().values()
            self._files = await asyncio.to_thread(lambda: [make() for make in makers])
            together.create_task(self._repeat([self._costly]))
            together.create_task(self._repeat([self._flood, self._fill, self._names]))

    async def _repeat(self, deeds: list[Callable[[], Awaitable[None]]]) -> None:
        while True:
            deed = self._moments.choice(deeds)
            try:
                await deed()
            except TimeoutError:
                self.complaints.append(f"{deed.__name__.strip('_')}: nothing was answered")
            await asyncio.sleep(self._moments.uniform(0, 2 * self._pause))

    async def _costly(self) -> None:
        """Send a file that takes a decoder long, as a picture and as a style."""
        data = self._moments.choice(self._files)
        await self._ended(muralize(self._simulator, SENDER, content=data, size=SIZE), "costly file")
        file = Upload("a.png", data, "image/png")
        saved = Invocation("style save", user=SENDER, texts={"name": "x"}, files={"picture": file})
        await self._ended(self._simulator.people.invoke(saved), "costly file")
        await self._ended(run(self._simulator, "style delete", SENDER, {"name": "x"}), "command")

    async def _flood(self) -> None:
        """Send many commands at once."""
        names = ("queue show", "style list", "challenge leaderboard", "privacy export")
        asked = [run(self._simulator, self._moments.choice(names), NAME) for _ in range(FLOOD)]
        await asyncio.gather(*(self._ended(one, "command") for one in asked))

    async def _fill(self) -> None:
        """Ask for more paintings than are allowed, and cancel what was taken."""
        asked = [
            muralize(self._simulator, NAME, content=self._noise(), preset="draft", size=SIZE)
            for _ in range(FLOOD)
        ]
        for one in asked:
            with suppress(TimeoutError):
                card = await self._simulator.until(partial(self._card, one), 1)
                self._simulator.people.press(card.id, button(card, "cancel"), NAME)
        await asyncio.gather(*(self._ended(one, "painting of many") for one in asked))

    async def _names(self) -> None:
        """Save a style under a knotted name."""
        file = Upload("a.png", picture(), "image/png")
        name = self._moments.choice(KNOTS)
        saved = Invocation("style save", user=NAME, texts={"name": name}, files={"picture": file})
        await self._ended(self._simulator.people.invoke(saved), "command")

    async def _hold(self) -> None:
        """Open half requests on the bot's pages until it cuts them, or for a while."""
        held: list[asyncio.StreamWriter] = []
        try:
            for _ in range(HELD):
                held.append(await self._connect(HALF))
                self.counts["half-open request"] += 1
            await asyncio.sleep(2 * self._pause)
        finally:
            for writer in held:
                writer.close()

    async def _scan(self) -> None:
        """Send what is no HTTP."""
        for _ in range(FLOOD):
            (await self._connect(self._moments.choice(GARBAGE))).close()
            self.counts["garbage"] += 1

    async def _connect(self, sent: bytes) -> asyncio.StreamWriter:
        host, port = self._address.hostname, self._address.port
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), PATIENCE)
        writer.write(sent)
        return writer

    def _noise(self) -> bytes:
        """Make a picture that is stored anew each time."""
        return picture(colour=f"#{self._moments.getrandbits(24):06x}", width=64, height=64)

    def _card(self, asked: Interaction) -> Message | None:
        card = asked.original
        there = card is not None and card.components and not is_result(card)
        return card if there else None

    async def _ended(self, asked: Interaction, kind: str) -> None:
        """Wait until it was refused, answered or painted, and let the simulator forget it."""

        def answers() -> list[Message]:
            private = [m for m in private_answers(self._simulator, asked) if not m.thinking]
            outcome = outcome_of(self._simulator, asked)
            return private if outcome is None else [*private, outcome]

        self.counts[kind] += 1
        for message in await self._simulator.until(answers, PATIENCE):
            self._simulator.world.messages.pop(message.id, None)
