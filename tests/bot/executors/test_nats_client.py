"""What our NATS client does otherwise than nats-py's."""

import asyncio

from nats.aio.client import Client

from bot.executors.nats.client import StrictClient
from tests.bot.executors.conftest import until
from tests.bot.executors.nats_server import NatsServer


async def test_a_closed_client_stops_reconnecting(nats_server: NatsServer) -> None:
    """Also when the cancel is lost with which `close` ends that."""

    async def ignore(_: Exception) -> None:
        pass

    client = StrictClient()
    await client.connect(
        nats_server.url, reconnect_time_wait=0, max_reconnect_attempts=-1, error_cb=ignore
    )
    nats_server.kill()
    await until(lambda: client.is_reconnecting)
    reconnecting = client._reconnection_task
    assert reconnecting is not None
    client._status = Client.CLOSED  # the first thing that `close` does
    await asyncio.wait({reconnecting}, timeout=120)
    assert reconnecting.done()
