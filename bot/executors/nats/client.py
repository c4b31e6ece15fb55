"""A NATS client that speaks TLS or not at all."""

from nats.aio.client import Client
from nats.errors import SecureConnRequiredError


class TlsClient(Client):
    """Gives nobody its token in clear text.

    nats-py takes TLS for a wish: where the server, or who stands between, does not ask for it, it
    goes on without.
    """

    def _connect_command(self) -> bytes:
        # what holds the token; sent after the handshake, at the first connection and each later one
        if not self._server_info.get("tls_required"):
            raise SecureConnRequiredError
        return super()._connect_command()
