"""How a NATS server is reached, and what can go wrong with that."""

import asyncio
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import nats.errors
from nats.js.errors import APIError
from nats.js.errors import Error as JetStreamError

STORE_FAILED = 10051  # JetStream's code for a failed write to a stream, as on a full disk

# Errors after which a retry may succeed, here or on the server.
RETRYABLE = (nats.errors.Error, JetStreamError, OSError, asyncio.TimeoutError)


@dataclass(frozen=True)
class Access:
    """The server's address and our credentials."""

    url: str
    token: str = field(default="", repr=False)
    nkey_file: Path | None = None  # with the NKey's seed
    ca_file: Path | None = None  # of the CA of the server's certificate; None: the system's CAs

    @property
    def name(self) -> str:
        """Host and port, without a password that the URL may hold."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or 4222}"

    @property
    def secure(self) -> bool:
        """Whether TLS is required."""
        return self.ca_file is not None or urlsplit(self.url).scheme == "tls"


def denied(error: BaseException) -> bool:
    """Whether the server refused the token or the key, by its own words or by nats-py's."""
    return "authorization" in str(error).lower()


def explain(error: BaseException) -> str:
    """Explain an error to the host."""
    match error:
        case ssl.SSLCertVerificationError(verify_message=why):
            return f"its certificate was refused: {why}; name who signed it with a CA file"
        case nats.errors.SecureConnRequiredError():
            return "it offers no TLS, which tls:// or a CA file requires"
        case APIError(description=str(why), err_code=code):
            advice = "; once there is room, restart that server" if code == STORE_FAILED else ""
            return why + advice
    if denied(error):
        return (
            "it does not accept the token or the key (authorization failed); correct it and restart"
        )
    return str(error) or type(error).__name__
