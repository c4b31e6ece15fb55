"""What our NATS client does otherwise than nats-py's."""

import asyncio

import pytest
from nats.aio.client import Client

from bot.executors.nats.client import StrictClient
from tests.bot.executors.conftest import until
from tests.bot.executors.nats_server import NatsServer


async def ignore(_: Exception) -> None:
    """Hear of an error and do nothing."""


async def test_a_closed_client_stops_reconnecting(nats_server: NatsServer) -> None:
    """Also when the cancel is lost with which `close` ends that."""
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


async def test_a_handshake_that_breaks_off_leaves_no_connection(
    recwarn: pytest.WarningsRecorder,
) -> None:
    """A connection that ends before the server has introduced itself is closed before the next."""
    connections = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections in (1, 4):
            writer.write(b'INFO {"max_payload": 1000}\r\n')
            await reader.readuntil(b"PING\r\n")
            writer.write(b"PONG\r\n")
        if connections == 4:
            await reader.read()  # until the client leaves
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        client = StrictClient()
        await client.connect(
            f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}",
            reconnect_time_wait=0,
            max_reconnect_attempts=-1,
            error_cb=ignore,
        )
        await until(lambda: connections == 4 and client.is_connected)
        await client.close()
    assert [str(one.message) for one in recwarn if one.category is ResourceWarning] == []
