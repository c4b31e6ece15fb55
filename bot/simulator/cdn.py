"""Attachments and the signed, expiring addresses they are served from."""

import hashlib
import hmac
import mimetypes
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from bot.simulator.clock import Clock, Snowflakes
from bot.simulator.discord_limits import DiscordLimits
from bot.simulator.model import Attachment
from bot.simulator.pixels import pixels


@dataclass(frozen=True)
class Upload:
    """A file as it was sent: its name, its bytes and the content type its sender claimed."""

    filename: str
    content: bytes
    content_type: str | None = None
    description: str | None = None


class Cdn:
    """Keeps the files and signs their addresses.

    An address has Discord's three parameters: `ex` and `is`, the hexadecimal seconds of its end and
    its issue, and `hm`, a signature over the path and both. `base` has no slash at its end and is
    set once the server knows its port. `snowflake` issues ids.
    """

    def __init__(self, snowflake: Snowflakes, clock: Clock, limits: DiscordLimits) -> None:
        self._snowflake = snowflake
        self._clock = clock
        self._limits = limits
        self._key = secrets.token_bytes(32)
        self.base = ""
        self.files: dict[int, Attachment] = {}

    def keep(self, upload: Upload, channel_id: int, *, ephemeral: bool = False) -> Attachment:
        """Store `upload` and give it an id."""
        filename = upload.filename.replace("/", "_").replace("\\", "_") or "file"
        attachment = Attachment(
            id=self._snowflake(),
            channel_id=channel_id,
            filename=filename,
            content=upload.content,
            content_type=_content_type(filename, upload.content_type),
            size=len(upload.content),
            pixels=pixels(upload.content),
            description=upload.description,
            ephemeral=ephemeral,
        )
        self.files[attachment.id] = attachment
        return attachment

    def url(self, attachment: Attachment, *, proxy: bool = False) -> str:
        """An address for `attachment`, valid for the limits' `attachment_life`."""
        kind = "ephemeral-attachments" if attachment.ephemeral else "attachments"
        name = quote(attachment.filename)
        path = f"/{kind}/{attachment.channel_id}/{attachment.id}/{name}"
        issued = int(self._clock())
        times = {"ex": f"{int(issued + self._limits.attachment_life):x}", "is": f"{issued:x}"}
        query = urlencode({**times, "hm": self._sign(attachment.id, times)})
        return f"{self.base}{'/proxy' if proxy else ''}{path}?{query}"

    def valid(self, attachment_id: int, query: Mapping[str, str]) -> bool:
        """Whether `query` has our signature for this attachment and has not expired."""
        times = {"ex": query.get("ex", ""), "is": query.get("is", "")}
        if not hmac.compare_digest(self._sign(attachment_id, times), query.get("hm", "")):
            return False
        return int(times["ex"], 16) > self._clock()

    def _sign(self, attachment_id: int, times: Mapping[str, str]) -> str:
        text = f"{attachment_id}.{times['ex']}.{times['is']}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def _content_type(filename: str, stated: str | None) -> str | None:
    # Libraries send application/octet-stream for every file; Discord then goes by the extension.
    if stated and stated != "application/octet-stream":
        return stated
    return mimetypes.guess_type(filename)[0]
