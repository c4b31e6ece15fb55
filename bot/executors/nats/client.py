"""nats-py's client, without its patience with the dead and its trust in the unknown."""

from nats.aio.client import Client
from nats.errors import SecureConnRequiredError


class SternClient(Client):
    """Gives nobody its token in clear text, and leaves a connection that is dead at once."""

    def __init__(self, secure: bool = False) -> None:
        super().__init__()
        self._secure = secure  # whether nothing may be sent without TLS

    def _connect_command(self) -> bytes:
        # what holds the token; sent after the handshake, at the first connection and each later one
        # nats-py takes TLS for a wish: it goes on without where the server does not ask for it
        if self._secure and not self._server_info.get("tls_required"):
            raise SecureConnRequiredError
        return super()._connect_command()

    async def _attempt_reconnect(self) -> None:
        # nats-py would wait for the other side's farewell, with TLS 30 s
        if (writer := getattr(self._transport, "_io_writer", None)) is not None:
            writer.transport.abort()
        await super()._attempt_reconnect()
