"""A gallery with a closed challenge of the package's own pictures, without a bot around it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bot.challenges.gallery import Gallery
from bot.challenges.model import Challenge, ChallengeState, Entry, Terms
from bot.challenges.store import ChallengeStore
from bot.pictures.decoder import Decoder
from bot.pictures.store import PictureStore
from bot.storage.database import Database
from bot.web.server import WebServer
from engine.samples import CONTENTS, STYLES

GUILD = 10
ENDED = 1_790_000_000.0
NAMES = ("Ada", "Ben", "Cleo", "Dora", "Eve", "Finn", "Gus", "Hana", "Ivo", "Joy", "Kai", "Lea")
VOTES = (5, 3, 3, 2, 1, 1, 1, 0, 0, 0, 0, 0)
RANKS = (1, 2, 2, 4, 5, 5, 5, 8, 8, 8, 8, 8)


@asynccontextmanager
async def open_gallery(database: Database, folder: Path) -> AsyncIterator[str]:
    """Serve the gallery until the block ends; gives the address of the server's page."""
    pictures = PictureStore(folder)
    await pictures.open()
    store = ChallengeStore(database)
    terms = Terms("A night at sea", "Paint something you would see from a ship", ENDED, ENDED)
    challenge = Challenge(0, GUILD, 20, 99, ChallengeState.CLOSED, terms, 7, ENDED, ENDED)
    async with database.write() as connection:
        contest = await store.add(connection, challenge)
        entries = [
            Entry(
                id=0,
                member_id=number,
                job_id=number,
                picture=await pictures.put(sample.path.read_bytes()),
                preview=None,
                entered_at=ENDED,
                name=NAMES[number],
                number=number + 1,
                votes=VOTES[number],
                rank=RANKS[number],
            )
            for number, sample in enumerate([*STYLES, *CONTENTS][: len(NAMES)])
        ]
        await store.save(connection, contest, replace(contest, entries=tuple(entries)))

    async def opted_in(guild_id: int) -> bool:
        return guild_id == GUILD

    decoder = Decoder()
    gallery = Gallery(store, pictures, decoder, opted_in, lambda _: "Atelier")
    server = WebServer("127.0.0.1", 0, gallery.routes())
    async with decoder:
        await server.start()
        try:
            yield f"{server.url}/gallery/{GUILD}"
        finally:
            await server.close()
