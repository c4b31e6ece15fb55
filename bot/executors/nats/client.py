"""A NATS client that can require TLS, and drops dead connections at once."""

import asyncio
from contextlib import suppress

from nats.aio.client import Client, Srv
from nats.errors import SecureConnRequiredError


class StrictClient(Client):
    """nats-py's client, which sends no token without TLS and does not wait for dead connections."""

    def __init__(self, secure: bool = False) -> None:
        super().__init__()
        self._secure = secure  # whether TLS is required

    def _connect_command(self) -> bytes:
        # CONNECT holds the token; it is sent after each handshake. nats-py goes on without TLS
        # when the server does not ask for it.
        if self._secure and not self._server_info.get("tls_required"):
            raise SecureConnRequiredError
        return super()._connect_command()

    async def _attempt_reconnect(self) -> None:
        self._abort()  # nats-py would wait for the peer to close, with TLS for 30 s
        # Two attempts share a future that says when one has ended: the later one cannot say it
        # again where the earlier was cancelled meanwhile.
        with suppress(asyncio.InvalidStateError):
            await super()._attempt_reconnect()

    async def _connect_to_server(self, s: Srv) -> None:
        # `close` cancels the reconnecting once. Python 3.11's asyncio.wait_for loses a cancel that
        # comes as a connection is refused: nats-py would then go on for ever.
        if self.is_closed:
            raise asyncio.CancelledError
        self._abort()  # nats-py leaves a connection open on which the handshake broke off
        await super()._connect_to_server(s)

    def _abort(self) -> None:
        """Drop the connection, if there is one."""
        if (writer := getattr(self._transport, "_io_writer", None)) is not None:
            writer.transport.abort()
