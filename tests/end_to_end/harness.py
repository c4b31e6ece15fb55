"""The real bot against the simulator, and what a member does and sees."""

import asyncio
import io
import json
import re
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image
from pydantic import SecretStr

from bot.app.composition import App
from bot.app.timing import Timing
from bot.back_off import BackOff
from bot.executors.engine_process import EngineSetup
from bot.executors.local import LocalExecutor
from bot.jobs.model import Job
from bot.mural.messenger import MuralPace
from bot.muralize.live_cards import Pace
from bot.settings import DiscordSettings, LimitSettings, PictureCheckSettings, Settings, WebSettings
from bot.simulator import Invocation, Simulator, Upload
from bot.simulator.bus import MessageChanged
from bot.simulator.downloads import PREFIX as CDN
from bot.simulator.model import Interaction, Message
from bot.simulator.rest.server import PREFIX
from tests.bot.decoders import DECODER

PAINTERS = "tests.end_to_end.painters:"

# Everything that waits, waits less; but answers wait for what they tell on a busy machine too, and
# members look at their cards for longer than that paints.
FAST = Timing(
    Pace(painting=0.1, waiting=0.2, look=0.02, debounce=0.0, late=0.1),
    BackOff(first=0.05, longest=0.2),
    BackOff(first=0.05, longest=0.2),
    probe_seconds=0.5,
    murals=MuralPace(
        edits=0.2,
        late=0.2,
        tries=BackOff(first=0.05, longest=0.2),
        assembling=BackOff(first=0.5, longest=2.0),
    ),
    log_pause=0.05,
    blocks=0.1,
    remember=60.0,
    find=60.0,
    first_try=60.0,
    long_wait=600.0,
)

ROOMY = LimitSettings(jobs_per_member=50, jobs_per_guild=1000, shutdown_seconds=5, mural_tile=64)
HASTY = ROOMY.model_copy(update={"shutdown_seconds": 0.1})  # where a painting never ends


# Requests that are not jobs yet, and jobs with an outcome not delivered yet.
UNTOLD = (
    "SELECT interaction_id FROM requests"
    " UNION ALL SELECT interaction_id FROM jobs WHERE told_at IS NULL"
)

UNCHECKED = PictureCheckSettings()
ANY_PORT = WebSettings(port=0)  # many bots run at a time


def picture(width: int = 48, height: int = 32, colour: str = "teal", form: str = "PNG") -> bytes:
    """Encode a picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, form)
    return buffer.getvalue()


@dataclass(frozen=True)
class Share:
    """One bot's share of the servers, of those on one database."""

    database_url: str
    shard_id: int
    shard_count: int


def settings(
    token: str,
    api_base: str,
    data_dir: Path,
    limits: LimitSettings,
    web: WebSettings = ANY_PORT,
    share: Share | None = None,
    check: PictureCheckSettings = UNCHECKED,
) -> Settings:
    """Point a bot at a simulator."""
    share = share or Share("", 0, 1)
    return Settings(
        data_dir=data_dir,
        database_url=share.database_url,
        discord=DiscordSettings(
            token=SecretStr(token),
            api_base=api_base,
            cdn_base=api_base.removesuffix(PREFIX) + CDN,
            attachment_hosts=("127.0.0.1",),
            shard_id=share.shard_id,
            shard_count=share.shard_count,
        ),
        limits=limits,
        web=web,
        picture_check=check,
    )


@dataclass
class Bot:
    """A bot that runs in this process."""

    app: App
    executor: LocalExecutor
    simulator: Simulator
    data_dir: Path
    stop: asyncio.Event
    task: asyncio.Task[None]

    async def end(self) -> None:
        """Ask it to stop and wait until it has."""
        self.stop.set()
        await asyncio.wait_for(self.task, 120)

    async def until_job(self, condition: Callable[[Job], bool], within: float = 120.0) -> Job:
        """Wait until a job changes to something that fulfils `condition`."""
        found: asyncio.Future[Job] = asyncio.get_running_loop().create_future()

        def look(job: Job) -> None:
            if condition(job) and not found.done():
                found.set_result(job)

        unsubscribe = self.app.jobs.subscribe(look)
        try:
            return await asyncio.wait_for(found, within)
        finally:
            unsubscribe()

    def stored_pictures(self) -> list[str]:
        """Name what is in the picture store."""
        return [file.name for file in (self.data_dir / "pictures").glob("[0-9a-f][0-9a-f]/*")]


@asynccontextmanager
async def running_bot(
    simulator: Simulator,
    data_dir: Path,
    *,
    painter: str | None = "load_quick",
    timing: Timing = FAST,
    limits: LimitSettings = ROOMY,
    web: WebSettings = ANY_PORT,
    clock: Callable[[], float] = time.time,
    hosts: tuple[str, ...] = ("127.0.0.1",),
    check: PictureCheckSettings = UNCHECKED,
) -> AsyncIterator[Bot]:
    """Run a bot until the block ends. `painter` is one of `painters`, or None for the engine.

    `hosts` are those that it fetches pictures from.
    """
    setup = EngineSetup(device="cpu", niceness=0, progress_seconds=0.02, preview_seconds=0.05)
    if painter is not None:
        setup = replace(setup, painter=PAINTERS + painter)
    executor = LocalExecutor([setup])
    token, api_base = simulator.world.token, simulator.api_base
    chosen = settings(token, api_base, data_dir, limits, web, check=check)
    reaching = chosen.discord.model_copy(update={"attachment_hosts": hosts})
    chosen = chosen.model_copy(update={"discord": reaching})
    app = App(chosen, executor, timing, clock, DECODER)
    # discord.py waits 2 s for servers that come late before it says that it is ready
    app.client._connection.guild_ready_timeout = 0.05
    stop = asyncio.Event()
    task = asyncio.create_task(app.run(stop))
    bot = Bot(app, executor, simulator, data_dir, stop, task)
    unreadable: list[str] = []
    unsubscribe = simulator.bus.subscribe(lambda event: unreadable.extend(faults_of(event)))
    try:
        up = asyncio.create_task(simulator.until(lambda: simulator.gateway.connected))
        await asyncio.wait({up, task}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            up.cancel()
            await task
        await up
        yield bot
    finally:
        if not task.done():
            await bot.end()
        await simulator.until(lambda: not simulator.gateway.connected)
        unsubscribe()
    assert unreadable == []


def faults_of(event: object) -> list[str]:
    """List the parts of a message of the bot that members could not read.

    These are files without alt text, and mentions that clients show as a number because the message
    does not notify the member.
    """
    if not isinstance(event, MessageChanged) or not event.message.author.bot:
        return []
    message = event.message
    text = json.dumps([message.content, message.embeds])
    brought = {str(user.id) for user in message.mentions}
    return [
        *(f"no alt text: {file.filename}" for file in message.attachments if not file.description),
        *(f"a number: {text}" for found in re.findall(r"<@!?(\d+)>", text) if found not in brought),
    ]


def copy_database(migrated: Path, data_dir: Path) -> None:
    """Spare a bot the migrations."""
    data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copy(migrated, data_dir / "muralscape.db")


def query(data_dir: Path, sql: str) -> list[Any]:
    """Read from the bot's database."""
    file = f"file:{data_dir}/muralscape.db?mode=ro"
    with closing(sqlite3.connect(file, timeout=120, uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(sql).fetchall()


async def write(data_dir: Path, sql: str, values: Sequence[object] = ()) -> None:
    """Write to the bot's database, in a thread: the bot may need this loop to finish its write."""

    def execute() -> None:
        with closing(sqlite3.connect(data_dir / "muralscape.db", timeout=120)) as connection:
            connection.execute(sql, values)
            connection.commit()

    await asyncio.to_thread(execute)


def muralize(
    simulator: Simulator,
    user: str = "ada",
    *,
    content: bytes | None = None,
    style: bytes | None = None,
    mask: bytes | None = None,
    name: str = "content.png",
    style_name: str = "style.png",
    channel: str = "",
    **options: str,
) -> Interaction:
    """Have a member send `/muralize`; without a `style` or a `saved_style` a plain one is sent."""
    files = {"content": Upload(name, picture() if content is None else content, "image/png")}
    if style is not None or "saved_style" not in options:
        files["style"] = Upload(style_name, style or picture(colour="red"), "image/png")
    if mask is not None:
        files["mask"] = Upload("mask.png", mask, "image/png")
    return simulator.people.invoke(
        Invocation("muralize", user=user, channel=channel, texts=options, files=files)
    )


def run(
    simulator: Simulator, command: str, user: str = "ada", options: Mapping[str, str] | None = None
) -> Interaction:
    """Have a member send another command, such as "queue show"."""
    return simulator.people.invoke(Invocation(command, user=user, texts=options or {}))


async def painting(simulator: Simulator, asked: Interaction) -> Message:
    """Wait until the card of a command says that it is being painted; return the card.

    Only where the painting is held, or takes long, is that so for sure.
    """
    await simulator.until(lambda: asked.original and "Painting" in asked.original.content)
    assert asked.original is not None
    return asked.original


def results(simulator: Simulator) -> list[Message]:
    """List the messages that carry a finished painting."""
    return [message for message in simulator.world.messages.values() if is_result(message)]


def is_result(message: Message) -> bool:
    """Say whether a message carries a finished painting."""
    return any(file.filename.startswith("muralscape-") for file in message.attachments)


def private_answers(simulator: Simulator, interaction: Interaction) -> list[Message]:
    """List the messages that only the member of an interaction sees because of it."""
    return [
        message
        for message in simulator.world.messages.values()
        if message.interaction is interaction and message.ephemeral_to == interaction.user.id
    ]


def button(message: Message, action: str) -> str:
    """Find a button's custom id."""
    found = [
        str(component["custom_id"])
        for row in message.components
        for component in row["components"]
        if component.get("custom_id", "").endswith(f":{action}")
    ]
    assert found, f"no button {action} on {message.content!r}"
    return found[0]


def waits_for_an_answer(simulator: Simulator) -> list[tuple[float, float]]:
    """List when each interaction was created and when its first answer came, in Unix seconds."""
    waits = []
    for call in simulator.record.find("POST", "/callback$"):
        number = int(call.path.split("/")[2])
        created = simulator.interactions.by_id[number].created
        waits.append((created, call.started + call.seconds))
    return waits


def all_settled(simulator: Simulator, count: int) -> bool:
    """Say whether so many paintings have arrived."""
    return len(results(simulator)) >= count
