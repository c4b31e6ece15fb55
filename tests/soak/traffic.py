"""Members who use the bot in every way, each in their own time."""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable

from bot.simulator import Invocation, Simulator, Upload
from bot.simulator.model import Interaction, Message
from tests.end_to_end.harness import button, is_result, muralize, picture, private_answers, run

NAMES = ("ada", "ben", "cleo")
MODERATOR = "mo"
COLOURS = ("teal", "red", "gold", "navy", "purple", "green")
ENDED = ("Not painted", "Cancelled")
SIZE = "32"  # pixels: the engine is to be used often, not for long
REMEMBERED = 24  # results whose buttons are still pressed; the simulator forgets older ones
PATIENCE = 300.0  # seconds that a member waits before it counts as an error


def outcome_of(simulator: Simulator, asked: Interaction) -> Message | None:
    """Find a painting, or the words that there is none: the card, or a reply after a long wait."""
    card = asked.original
    if card is None:
        return None
    replies = (one for one in simulator.world.messages.values() if one.reference is card)
    for message in (card, *replies):
        if is_result(message) or any(words in message.content for words in ENDED):
            return message
    return None


class Members:
    """Use the bot until cancelled. `counts` says what they got, `complaints` what they did not."""

    def __init__(self, simulator: Simulator, moments: random.Random, pause: float) -> None:
        self._simulator = simulator
        self._moments = moments
        self._pause = pause  # seconds between two things that a member does, on average
        self._results: deque[Message] = deque()
        self.counts: Counter[str] = Counter()
        self.complaints: list[str] = []
        self._deeds: dict[Callable[[str], Awaitable[None]], float] = {
            self.paint: 5,
            self.look_at_queue: 3,
            self.use_library: 1,
            self.press_again: 2,
            self.press_curve: 1,
            self.cancel: 1,
            self.send_wrong_picture: 1,
        }

    async def use(self) -> None:
        """Do things side by side, and hold one challenge after another."""
        async with asyncio.TaskGroup() as together:
            for name in NAMES:
                together.create_task(self._spend_time(name))
            together.create_task(self._hold_challenges())

    async def paint(self, user: str) -> None:
        """Ask for a painting and wait for it."""
        content, style = self._moments.sample(COLOURS, 2)
        asked = muralize(
            self._simulator,
            user,
            content=picture(colour=content),
            style=picture(colour=style),
            preset="draft",
            size=SIZE,
        )
        await self._outcome(asked)

    async def look_at_queue(self, user: str) -> None:
        """Read `/queue show`."""
        await self._told(run(self._simulator, "queue show", user), "queue")

    async def use_library(self, user: str) -> None:
        """Save a style, list them all, paint in it, delete it."""
        name = f"style {self._moments.getrandbits(32)}"
        file = Upload("style.png", picture(colour=self._moments.choice(COLOURS)), "image/png")
        saved = Invocation("style save", user=user, texts={"name": name}, files={"picture": file})
        await self._told(self._simulator.people.invoke(saved), "style")
        await self._told(run(self._simulator, "style list", user), "style")
        saved_style = name.replace(" ", "_")
        await self._outcome(
            muralize(self._simulator, user, saved_style=saved_style, preset="draft", size=SIZE)
        )
        await self._told(run(self._simulator, "style delete", user, {"name": name}), "style")

    async def press_again(self, user: str) -> None:
        """Press a button that paints a result once more."""
        if self._results:
            result = self._moments.choice(self._results)
            action = self._moments.choice(("again", "stronger", "softer"))
            press = self._simulator.people.press(result.id, button(result, action), user)
            await self._outcome(press)

    async def press_curve(self, user: str) -> None:
        """Look at how a painting's loss fell."""
        if self._results:
            result = self._moments.choice(self._results)
            press = self._simulator.people.press(result.id, button(result, "curve"), user)
            await self._told(press, "curve")

    async def cancel(self, user: str) -> None:
        """Ask for a painting and think better of it."""
        asked = muralize(self._simulator, user, preset="draft", size=SIZE)
        card = await self._simulator.until(
            lambda: asked.original if asked.original and asked.original.components else None,
            PATIENCE,
        )
        if not is_result(card):
            self._simulator.people.press(card.id, button(card, "cancel"), user)
        await self._outcome(asked)

    async def send_wrong_picture(self, user: str) -> None:
        """Send something that is no picture."""
        data = self._moments.choice((b"", b"no picture", picture(4, 4), picture(form="BMP")))
        await self._told(muralize(self._simulator, user, content=data), "refusal")

    async def hold_challenge(self) -> None:
        """Start one, have two enter, close it, vote, end it and read the results."""
        start = {"title": "Night", "theme": "Paint it"}
        await self._told(run(self._simulator, "challenge start", MODERATOR, start), "challenge")
        for user in NAMES[:2]:
            result = await self._outcome(muralize(self._simulator, user, preset="draft", size=SIZE))
            if result is not None:
                press = self._simulator.people.press(result.id, button(result, "enter"), user)
                await self._told(press, "challenge")
        await self._told(run(self._simulator, "challenge close", MODERATOR), "challenge")
        await self._vote()
        await self._told(run(self._simulator, "challenge close", MODERATOR), "challenge")
        await self._told(run(self._simulator, "challenge results", "ben"), "challenge")

    async def _vote(self) -> None:
        """Press a button of the ballot; with fewer than two entries there is none."""

        def ballot() -> Message | None:
            found = [m for m in self._simulator.world.messages.values() if "**Vote" in m.content]
            return found[-1] if found and found[-1].components else None

        try:
            shown = await self._simulator.until(ballot, 5)
        except TimeoutError:
            return
        first = str(shown.components[0]["components"][0]["custom_id"])
        await self._told(self._simulator.people.press(shown.id, first, "olga"), "vote")

    async def _spend_time(self, user: str) -> None:
        deeds, weights = list(self._deeds), list(self._deeds.values())
        while True:
            await asyncio.sleep(self._moments.uniform(0, 2 * self._pause))
            (deed,) = self._moments.choices(deeds, weights)
            await self._patiently(deed.__name__, deed(user))

    async def _hold_challenges(self) -> None:
        while True:
            await self._patiently("hold_challenge", self.hold_challenge())
            await asyncio.sleep(self._moments.uniform(0, 20 * self._pause))

    async def _patiently(self, what: str, deed: Awaitable[None]) -> None:
        try:
            await deed
        except TimeoutError as error:
            self.complaints.append(f"{what}: no answer within {PATIENCE:.0f} s; {error}")

    async def _told(self, asked: Interaction, kind: str) -> None:
        """Wait for the private answer, and let the simulator forget it."""

        def answered() -> Message | None:
            answers = private_answers(self._simulator, asked)
            return next((answer for answer in answers if not answer.thinking), None)

        message = await self._patient(answered, asked)
        self.counts[kind] += 1
        del self._simulator.world.messages[message.id]

    async def _outcome(self, asked: Interaction) -> Message | None:
        """Wait until a painting has come, and return it, or its failure."""
        card = await self._patient(lambda: outcome_of(self._simulator, asked), asked)
        if not is_result(card):
            self.counts["cancelled" if "Cancelled" in card.content else "failed"] += 1
            return None
        self.counts["painted"] += 1
        self._results.append(card)
        if len(self._results) > REMEMBERED:
            self._simulator.world.messages.pop(self._results.popleft().id, None)
        return card

    async def _patient(self, look: Callable[[], Message | None], asked: Interaction) -> Message:
        """Wait for something to be seen; after a wait in vain it says what was there instead."""
        try:
            return await self._simulator.until(look, PATIENCE)
        except TimeoutError:
            shown = [asked.original, *private_answers(self._simulator, asked)]
            seen = [message.content or "(no words)" for message in shown if message is not None]
            raise TimeoutError(f"what was there: {seen}") from None
