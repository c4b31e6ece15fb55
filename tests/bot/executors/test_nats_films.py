"""Films over a NATS server, beyond what every executor must do."""

import asyncio
from pathlib import Path

from bot.executors.contract import PaintProgress
from tests.bot.executors.clockwork import Script
from tests.bot.executors.conftest import MakeOrder, nats_executor, until, working
from tests.bot.executors.nats_server import NatsServer
from tests.bot.executors.test_contract import film_of


async def test_another_worker_goes_on(
    nats_server: NatsServer, order_for: MakeOrder, tmp_path: Path
) -> None:
    """A worker that leaves hands its film back; the next one goes on at the frame, to the end."""
    go_on, heard = tmp_path / "go on", list[PaintProgress]()
    order = film_of(order_for(Script(steps=30, step_seconds=0.02, wait_for=str(go_on))))
    async with nats_executor(nats_server.url) as executor:
        async with working(nats_server.url):
            await until(lambda: executor.capacity)
            painting = asyncio.create_task(executor.paint(order, heard.append))
            await until(lambda: heard and heard[-1].step == 15)
        go_on.touch()
        async with working(nats_server.url):
            outcome = await asyncio.wait_for(painting, 120)
    assert (outcome.frames, outcome.frames_asked) == (30, 30)
    assert outcome.curve[0][0] >= 5  # the frame that it went on at
    assert order.outputs[1].read_bytes() == b"film of 30 as .mp4"
