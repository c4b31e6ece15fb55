"""What tests of the style library share."""

import io
from pathlib import Path

import pytest
from PIL import Image

from bot.guilds.limits import Ceilings
from bot.guilds.service import GuildService
from bot.guilds.store import GuildStore
from bot.people import Member
from bot.pictures.decoder import Decoder
from bot.pictures.ledger import PictureLedger
from bot.pictures.retention import PictureRetention
from bot.pictures.store import PictureStore
from bot.storage.database import Database
from bot.styles.model import Starter
from bot.styles.service import StyleService
from bot.styles.store import StyleStore
from tests.bot.decoders import DECODER


class Library:
    """A style service over real SQLite and a real picture store, with two starters."""

    def __init__(self, database: Database, folder: Path, decoder: Decoder = DECODER) -> None:
        self.pictures = PictureStore(folder / "pictures")
        self.decoder = decoder
        self.store = StyleStore(database)
        self.retention = PictureRetention(
            self.pictures, PictureLedger(database), [self.store], lambda: 1e12
        )
        self.guilds = GuildService(GuildStore(database), Ceilings(5, 50, 1024, 8))
        self._starters = []
        for title, colour in (("Loud poster", "red"), ("Burning bay", "blue")):
            file = folder / f"{colour}.png"
            file.write_bytes(picture(colour))
            self._starters.append(Starter(title, file))
        self.restart()

    def restart(self) -> None:
        """Forget everything in memory, as a new process would."""
        self.service = StyleService(
            self.store,
            self.retention,
            self.decoder,
            self.guilds,
            self._starters,
            lambda: 1_700_000_000.0,
        )

    async def put(self, colour: str) -> str:
        """Store a picture of one colour."""
        return await self.pictures.put(picture(colour))


def picture(colour: str) -> bytes:
    """Encode a picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (48, 32), colour).save(buffer, "PNG")
    return buffer.getvalue()


ADA = Member(1, 10, roles=frozenset({7}))
MOD = Member(2, 10, moderates=True)


@pytest.fixture
async def library(database: Database, tmp_path: Path) -> Library:
    """A library of one server."""
    library = Library(database, tmp_path)
    await library.pictures.open()
    return library
