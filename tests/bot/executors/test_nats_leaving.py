"""A worker that is to leave does so within seconds, wherever it is and whatever is gone."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace

import pytest

from bot.errors import PaintingEnded
from bot.executors.nats.access import Access
from bot.executors.nats.worker import Worker
from tests.bot.executors.clockwork import Script
from tests.bot.executors.conftest import (
    FAST,
    SETUP,
    MakeOrder,
    nats_executor,
    until,
    working,
)
from tests.bot.executors.nats_server import NatsServer


async def test_while_the_engine_is_loaded(nats_server: NatsServer) -> None:
    """A worker does not wait for weights from a slow disk when it is to leave."""
    slow = replace(SETUP, weights="endless")
    worker = Worker(Access(nats_server.url), [slow], "worker", FAST)
    running = asyncio.create_task(worker.run())
    await until(lambda: worker.pids)
    await worker.leave(0.0)
    await asyncio.wait_for(running, 120)
    assert not worker.pids


@pytest.mark.slow
async def test_without_the_server(
    nats_server: NatsServer, order_for: MakeOrder, caplog: pytest.LogCaptureFixture
) -> None:
    """A painting that a server, gone for good, does not take is given up when its worker leaves."""
    with caplog.at_level(logging.WARNING):
        async with nats_executor(nats_server.url) as executor:
            async with working(nats_server.url) as worker:
                await until(lambda: executor.capacity)
                heard = asyncio.Event()
                painting = asyncio.create_task(
                    executor.paint(
                        order_for(Script(steps=8, step_seconds=0.1)), lambda _: heard.set()
                    )
                )
                await heard.wait()
                nats_server.kill()
                await until(lambda: "retried until it succeeds" in caplog.text)
            assert not worker.pids
    assert "left to their leases" in caplog.text
    with suppress(PaintingEnded):
        await painting
