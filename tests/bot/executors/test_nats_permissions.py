"""With the permissions of docs/nats.conf, a worker reaches no order but those that it took."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.js import JetStreamContext

from bot.executors.contract import PaintProgress
from bot.executors.nats import wire
from bot.executors.nats.access import Access
from bot.executors.nats.executor import NatsExecutor
from bot.executors.nats.objects import Objects
from bot.executors.nats.worker import Worker
from tests.bot.executors.clockwork import Script
from tests.bot.executors.conftest import FAST, SETUP, MakeOrder, until
from tests.bot.executors.nats_server import NatsServer
from tests.bot.outcomes import OUTCOME
from tests.end_to_end.test_worker_command import make_key

DOCUMENTED = Path(__file__).parents[3] / "docs" / "nats.conf"
SLOW = Script(steps=24_000, step_seconds=0.05)


@dataclass(frozen=True)
class Site:
    """A server whose users have the documented permissions, and their keys."""

    url: str
    bot: Path
    good: Path  # the seed of worker gpu-1
    evil: Path  # the seed of worker gpu-2


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Start a server with docs/nats.conf, and a second worker made as that says."""
    files = [tmp_path / f"{name}.nk" for name in ("bot", "gpu-1", "gpu-2")]
    keys = [make_key(file, bytes([number] * 32)) for number, file in enumerate(files)]
    text = DOCUMENTED.read_text()
    worker = re.search(r"\n    \{\n      nkey: PUBLIC_HALF_OF_GPU_1.*?\n    \}\n", text, re.DOTALL)
    assert worker is not None
    second = worker[0].replace("GPU_1", "GPU_2").replace("gpu-1", "gpu-2")
    text = text.replace(worker[0], worker[0] + second.lstrip("\n"))
    for name, key in zip(("THE_BOT", "GPU_1", "GPU_2"), keys, strict=True):
        text = text.replace(f"PUBLIC_HALF_OF_{name}", key)
    # where it listens, its folder and its certificate are the test's own
    text = re.sub(r"^(listen:|jetstream|tls) .*$", "", text, flags=re.MULTILINE)
    server = NatsServer(tmp_path / "nats", text).start()
    yield Site(server.url, *files)
    server.kill()


@asynccontextmanager
async def bot_of(site: Site) -> AsyncIterator[NatsExecutor]:
    """Run the bot's executor."""
    executor = NatsExecutor(Access(site.url, nkey_file=site.bot), FAST)
    await executor.start()
    try:
        await until(lambda: executor.fault == "no worker is connected")
        yield executor
    finally:
        await executor.close()


@asynccontextmanager
async def worker_of(site: Site) -> AsyncIterator[Worker]:
    """Run the honest worker."""
    access = Access(site.url, nkey_file=site.good)
    worker = Worker(access, [SETUP], "gpu-1", FAST)
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        await worker.leave(0.0)
        await asyncio.wait_for(running, 120)


class Intruder:
    """The other worker's key in the hands of an attacker, with what it was refused and told."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.refused: list[str] = []
        self.heard: list[str] = []
        self.client: Client
        self.streams: JetStreamContext

    async def connect(self) -> None:
        """Connect as the worker gpu-2 would, and listen to everything."""
        self.client = await nats.connect(
            self._site.url,
            nkeys_seed=str(self._site.evil),
            inbox_prefix="_INBOX.gpu-2",
            error_cb=self._on_error,
        )
        self.streams = self.client.jetstream(timeout=60)
        for subject in (">", "muralscape.>", "_INBOX.>", "_INBOX.gpu-1.>", "$O.>", "$JS.>"):
            await self.client.subscribe(subject, cb=self._on_message)
        await self.client.subscribe(wire.CANCEL, cb=self._on_message)
        await self.client.subscribe(f"{wire.NUDGE}.*", cb=self._on_message)
        await self.client.flush()

    async def _on_error(self, error: Exception) -> None:
        self.refused.append(str(error))

    async def _on_message(self, message: Msg) -> None:
        self.heard.append(f"{message.subject} {message.data!r}")

    async def stored(self) -> list[bytes]:
        """Read every message of the object store by its number, as its permissions allow."""
        found = []
        for number in range(1, 30):
            try:
                message = await self.streams.get_msg(f"OBJ_{wire.PICTURES}", number, direct=True)
            except Error:
                continue
            found.append(f"{message.subject} {message.headers} ".encode() + (message.data or b""))
        return found

    async def say(self, message: wire.Message, *subjects: str, name: str = "") -> None:
        """Send a message on subjects; where that is refused, let the server send it there.

        It does so when it is asked for an object, for a reply goes wherever the request says.
        """
        headers = {wire.MESSAGE_ID: name} if name else None
        data = wire.encode(message)
        kept = await self.streams.publish(f"$O.{wire.PICTURES}.C.words", data, headers=headers)
        asked = json.dumps({"seq": kept.seq}).encode()
        get = f"$JS.API.DIRECT.GET.OBJ_{wire.PICTURES}"
        for subject in subjects:
            await self.client.publish(subject, data, headers=headers)
            await self.client.publish(get, asked, reply=subject)
        await self.client.request(get, asked)  # answered after those


@pytest.fixture
async def intruder(site: Site) -> AsyncIterator[Intruder]:
    """An intruder, not connected yet."""
    intruder = Intruder(site)
    yield intruder
    await intruder.client.close()


async def test_a_worker_paints_with_the_documented_permissions(
    site: Site, order_for: MakeOrder
) -> None:
    """They are enough: an order with a checkpoint is painted, and nothing is left behind."""
    async with bot_of(site) as executor, worker_of(site):
        order = order_for(Script(steps=20, step_seconds=0.02))
        await executor.paint(order, lambda _: None)
        assert order.result.exists()


async def test_another_workers_order_is_out_of_reach(
    site: Site, intruder: Intruder, order_for: MakeOrder
) -> None:
    """A worker hears of no order that it did not take, and reads and writes none of its files."""
    async with bot_of(site) as executor, worker_of(site) as worker:
        await until(lambda: executor.capacity == 1)
        await intruder.connect()
        order = order_for(SLOW)
        painting = asyncio.create_task(executor.paint(order, lambda _: None))
        await until(lambda: any(state.jobs for state in executor.workers))
        (taken,) = (one.order for one in worker._taken.values())
        stored = await intruder.stored()
        for secret in (order.content.read_bytes(), taken.secret.encode(), taken.key.encode()):
            assert stored
            assert not any(secret in data for data in stored)
        assert not any(taken.key in text or taken.secret in text for text in intruder.heard)
        assert sum("permissions violation" in text.lower() for text in intruder.refused) >= 6
        for request in ("STREAM.LIST", "STREAM.MSG.GET.MURALSCAPE_ORDERS"):
            with pytest.raises(Error):
                await intruder.client.request(f"$JS.API.{request}", b'{"seq": 1}', timeout=0.5)
        # Even with the key, which it cannot know, it has no secret to seal a painting with.
        name = wire.result_name(taken.key, "gpu-2.0")
        await Objects(intruder.client.jetstream(), wire.PICTURES).write(name, [b"a forgery"])
        said = wire.Outcome(taken.key, "gpu-2.0", "painted", painted=OUTCOME)
        await intruder.client.publish(f"{wire.OUTCOME}.gpu-2.0", wire.encode(said))
        with pytest.raises(Exception, match="is missing on the NATS server"):
            await painting
        assert not order.result.exists()


async def test_a_worker_speaks_for_itself_alone(site: Site, intruder: Intruder) -> None:
    """A heartbeat under another's name is not heard, on whatever subject it is sent."""
    async with bot_of(site) as executor, worker_of(site):
        await until(lambda: executor.capacity == 1)
        await intruder.connect()
        devices: list[tuple[str, ...]] = []
        executor.watch(lambda: devices.append(executor.devices))
        (honest,) = (state.name for state in executor.workers)
        forged = wire.WorkerHeartbeat(
            honest, ("a forgery",), ("mural",), slots=7, busy=(), rate=0.0
        )
        await intruder.say(forged, f"{wire.WORKER}.{honest}", f"{wire.WORKER}.gpu-2.0")
        own = wire.WorkerHeartbeat("gpu-2.0", ("its own",), ("mural",), slots=1, busy=(), rate=1.0)
        await intruder.client.publish(f"{wire.WORKER}.gpu-2.0", wire.encode(own))
        await until(lambda: executor.capacity == 2)
        assert any("its own" in named for named in devices)
        assert not any("a forgery" in named for named in devices)


async def test_no_other_tells_how_an_order_goes(
    site: Site, intruder: Intruder, order_for: MakeOrder, tmp_path: Path
) -> None:
    """Progress and outcomes under the name of an order's worker are not heard from another."""
    steps: list[int] = []
    async with bot_of(site) as executor, worker_of(site) as worker:
        await until(lambda: executor.capacity == 1)
        await intruder.connect()
        go_on = tmp_path / "go on"
        order = order_for(Script(steps=60, step_seconds=0.01, wait_for=str(go_on)))
        painting = asyncio.create_task(executor.paint(order, lambda now: steps.append(now.step)))
        await until(lambda: steps)
        (taken,) = (one.order for one in worker._taken.values())
        (honest,) = (state.name for state in executor.workers)
        progress = PaintProgress(order.job_id, 10**5, 10**5, 1.0, 1.0, 0.0, 1.0, 1.0)
        ends = ("", f".{honest}", ".gpu-2.0")
        await intruder.say(
            wire.ProgressReport(taken.key, honest, progress),
            *(f"{wire.PROGRESS}.{taken.run_id}.{taken.key}{end}" for end in ends),
        )
        for said in (
            wire.Outcome(taken.key, honest, "failed", "a forgery"),
            wire.Outcome(taken.key, honest, "lost"),
            wire.Outcome(taken.key, honest, "cancelled"),
        ):
            subjects = [f"{wire.OUTCOME}{end}" for end in ends]
            await intruder.say(said, *subjects, name=f"{taken.key}/{said.how}")
        go_on.touch()
        async with asyncio.timeout(120):
            assert (await painting).steps == 60
        assert max(steps) == 60


async def test_no_worker_speaks_for_the_bot(
    site: Site, intruder: Intruder, order_for: MakeOrder, tmp_path: Path
) -> None:
    """Another run of the bot, a cancel and an order are not taken from a worker."""
    async with bot_of(site) as executor, worker_of(site) as worker:
        await until(lambda: executor.capacity == 1)
        await intruder.connect()
        go_on = tmp_path / "go on"
        order = order_for(Script(steps=60, step_seconds=0.01, wait_for=str(go_on)))
        begun = asyncio.Event()
        painting = asyncio.create_task(executor.paint(order, lambda _: begun.set()))
        await begun.wait()
        (taken,) = (one.order for one in worker._taken.values())
        await intruder.say(replace(taken, key="forged"), wire.ORDER)
        await intruder.say(wire.BotHeartbeat("another run"), wire.BOT)
        await intruder.say(wire.CancelOrder(wire.label_of(taken.key)), wire.CANCEL)
        go_on.touch()
        async with asyncio.timeout(120):
            assert (await painting).steps == 60
        # the forged order was thrown away, and what comes after it is painted
        async with asyncio.timeout(120):
            await executor.paint(order_for(Script()), lambda _: None)
