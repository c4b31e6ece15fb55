"""The simulator with its page, the real bot, and members at their screens."""

from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page

from bot.app.timing import Timing
from bot.back_off import BackOff
from bot.cli.simulate import samples
from bot.muralize.live_cards import Pace
from bot.simulator import Simulator
from bot.simulator.model import Channel
from tests.bot.clients import patient
from tests.end_to_end.browser.chromium import PATIENCE
from tests.end_to_end.harness import Bot, copy_database, running_bot

# As members are used to it, only sooner; a card edited without a pause is hard to press.
TIMING = Timing(
    Pace(painting=0.15, waiting=0.3, look=0.05), BackOff(first=0.05, longest=0.2), long_wait=600.0
)

# Tall enough for the rooms of all tests: axe takes one that is half scrolled away for too small.
DESKTOP = {"width": 1280, "height": 1400}
PHONE = {"width": 390, "height": 844}


@dataclass
class Stage:
    """What the tests of a module share. Each test plays in a channel of its own."""

    browser: Browser
    simulator: Simulator
    data_dir: Path
    bot: Bot | None = None
    _bot_stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _contexts: list[BrowserContext] = field(default_factory=list)
    _channels: int = 0

    async def start_bot(self) -> None:
        """Start the bot, or start it anew where it left off."""
        running = running_bot(
            self.simulator, self.data_dir, painter="load_to_be_seen", timing=TIMING
        )
        self.bot = await self._bot_stack.enter_async_context(running)

    async def stop_bot(self) -> None:
        """Stop the bot."""
        await self._bot_stack.aclose()
        self.bot = None

    def new_channel(self) -> Channel:
        """Add a channel that is still empty."""
        assert self.simulator.atelier is not None
        self._channels += 1
        return self.simulator.world.add_channel(
            self.simulator.atelier.guild, f"room-{self._channels}", "A room of its own"
        )

    async def screen(self, user: str, channel: Channel, **size: int) -> "Screen":
        """Open the page as a member, in a browser of their own."""
        context = await self.browser.new_context(viewport=size or DESKTOP, reduced_motion="reduce")  # type: ignore[arg-type]
        self._contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        await page.goto(f"{self.simulator.url}/?as={user}&channel={channel.name}")
        await page.locator("body.linked").wait_for()
        return Screen(page, faults)

    async def clear(self) -> None:
        """Close all pages."""
        for context in self._contexts:
            await context.close()
        self._contexts.clear()


@dataclass
class Screen:
    """The page of one member, with a member's actions. `faults` are the browser's errors."""

    page: Page
    faults: list[str]

    @property
    def messages(self) -> Locator:
        """The messages, oldest first."""
        return self.page.locator("#messages > li")

    @property
    def box(self) -> Locator:
        """The message box."""
        return self.page.locator("#composer-box")

    @property
    def form(self) -> Locator:
        """The command that is being filled in."""
        return self.page.locator(".command-form")

    def message(self, text: str) -> Locator:
        """The messages with this text."""
        return self.messages.filter(has_text=text)

    async def choose_command(self, typed: str) -> None:
        """Type a command and take the first that is offered."""
        await self.box.fill(typed)
        await self.page.get_by_role("option", disabled=False).first.wait_for()
        await self.box.press("Enter")
        await self.form.wait_for()

    async def attach(self, option: str, name: str, content: bytes, kind: str = "image/png") -> None:
        """Choose a file for an attachment option."""
        payload: Any = {"name": name, "mimeType": kind, "buffer": content}
        await self.page.locator(f'.tile[data-option="{option}"] input').set_input_files(payload)

    async def option(self, name: str, value: str) -> None:
        """Add an optional option and type its value."""
        await self.form.get_by_role("button", name=name, exact=True).click()
        await self.form.get_by_label(name, exact=True).fill(value)

    async def send(self) -> None:
        """Send the command."""
        await self.form.get_by_role("button", name="Send").click()
        with suppress(TimeoutError):
            await self.form.wait_for(state="detached")

    async def paint(self, content: bytes, style: bytes, **options: str) -> None:
        """Send /muralize with two files."""
        await self.choose_command("/muralize")
        await self.attach("content", "photo.png", content)
        await self.attach("style", "style.png", style)
        for name, value in options.items():
            await self.option(name, value)
        await self.send()


def make_data_dir(migrated: Path, folder: Path) -> Path:
    """Make a bot's folder with an up-to-date database."""
    copy_database(migrated, folder)
    return folder


def new_simulator() -> Simulator:
    """Make a simulator with the sample pictures."""
    return Simulator(samples=samples(), limits=patient())
