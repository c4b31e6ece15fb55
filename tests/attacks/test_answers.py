"""Answers that grow with what members have made: each is bounded, and made once."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.challenges import status_card
from bot.challenges.gallery import MOST_CHALLENGES, MOST_WINNERS, Gallery
from bot.challenges.model import Challenge, ChallengeState, Contest, Entry, Terms
from bot.challenges.store import ChallengeStore
from bot.people import Member
from bot.pictures.decoder import Decoder
from bot.pictures.store import PictureStore
from bot.pictures.turns import THE_BOT, Owner
from bot.simulator import Simulator
from bot.simulator.model import Interaction
from bot.storage.database import Database, sqlite_url
from bot.web.server import WebServer
from tests.end_to_end.harness import muralize, private_answers, query, run, running_bot
from tests.end_to_end.harness import picture as encoded
from tests.end_to_end.test_painting import result_of, said_privately

GUILD = 10


class CountingDecoder(Decoder):
    """Counts what it encodes."""

    def __init__(self) -> None:
        super().__init__()
        self.encoded = 0

    async def shrink(
        self,
        data: bytes,
        side: int,
        extension: str = ".jpg",
        quality: int = 85,
        owner: Owner = THE_BOT,
        number: int = 0,
    ) -> bytes:
        """Encode, and count."""
        self.encoded += 1
        return await super().shrink(data, side, extension, quality, owner, number)


@dataclass(frozen=True)
class Site:
    """A gallery that is served."""

    url: str
    store: ChallengeStore
    pictures: PictureStore
    decoder: CountingDecoder

    async def get(self, path: str) -> tuple[int, bytes]:
        """Fetch something."""
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
            return answer.status, await answer.read()

    async def add(self, entries: int, ties: int = 1) -> Contest:
        """Hold a challenge whose entries are one picture; the first `ties` have won."""
        name = await self.pictures.put(encoded(64, 64))
        terms = Terms("Night", "Paint it", 1.0, 2.0)
        challenge = Challenge(0, GUILD, 1, 1, ChallengeState.CLOSED, terms, 0, 1.0, 2.0)
        async with self.store.database.write() as connection:
            before = await self.store.add(connection, challenge)
            made = tuple(
                Entry(0, n + 1, n, name, name, 1.0, f"M{n}", n + 1, None, 1, 1 if n < ties else 2)
                for n in range(entries)
            )
            await self.store.save(connection, before, replace(before, entries=made))
        found = await self.store.get(before.challenge.id)
        assert found is not None
        return found


@pytest.fixture
async def site(migrated_file: Path, tmp_path: Path) -> AsyncIterator[Site]:
    """A gallery of one server."""
    async with serving(migrated_file, tmp_path) as site:
        yield site


@asynccontextmanager
async def serving(migrated_file: Path, tmp_path: Path) -> AsyncIterator[Site]:
    """Serve a gallery."""
    file = tmp_path / "muralscape.db"
    shutil.copy(migrated_file, file)
    database = Database(sqlite_url(file))
    pictures = PictureStore(tmp_path / "pictures")
    await pictures.open()

    async def opted_in(guild_id: int) -> bool:
        return guild_id == GUILD

    store = ChallengeStore(database)
    async with CountingDecoder() as decoder:
        gallery = Gallery(store, pictures, decoder, opted_in, lambda _: "Atelier")
        server = WebServer("127.0.0.1", 0, gallery.routes())
        await server.start()
        try:
            yield Site(f"{server.url}/gallery/{GUILD}", store, pictures, decoder)
        finally:
            await server.close()
            await database.close()


async def test_a_picture_is_encoded_once(site: Site) -> None:
    """Sixty visitors at once, the next day's visitors, and all entries with it share one file."""
    contest = await site.add(3)
    first = f"/{contest.challenge.id}/{contest.entries[0].id}-640.webp"
    answers = await asyncio.gather(*(site.get(first) for _ in range(60)))
    assert {status for status, _ in answers} == {200}
    assert len({body for _, body in answers}) == 1
    for entry in contest.entries:
        assert (await site.get(f"/{contest.challenge.id}/{entry.id}-640.webp"))[0] == 200
    assert site.decoder.encoded == 1
    assert (await site.get(first.replace("640", "320")))[0] == 200
    assert site.decoder.encoded == 2


async def test_the_page_of_a_server_is_bounded(site: Site) -> None:
    """However many challenges were held and won, a page shows some; a link leads to older ones."""
    for _ in range(MOST_CHALLENGES + 2):
        await site.add(7, ties=5)
    status, page = await site.get("")
    assert (status, page.count(b"<h2>")) == (200, MOST_CHALLENGES)
    assert page.count(b"7 entries") == MOST_CHALLENGES
    assert b"M0, M1 and M2<" in page.replace(b"\n", b"")
    assert MOST_WINNERS == 3
    status, older = await site.get("?before=3")
    assert (status, older.count(b"<h2>")) == (200, 2)
    assert b'href="?before=3"' in page
    assert b"Older challenges" not in older
    for wrong in ("", "x", "-1", "9999999999", "%D9%A3"):
        assert (await site.get(f"?before={wrong}"))[0] == 404


async def test_the_leaderboard_reads_its_lines_only(site: Site) -> None:
    """Of thousands of members the best are read, in order; equal ones share a rank elsewhere."""
    await site.add(30, ties=2)
    await site.add(40)
    best = await site.store.tally(GUILD, 20)
    assert len(best) == 20
    assert [row["member_id"] for row in best[:3]] == [1, 2, 3]
    assert [row["wins"] for row in best[:3]] == [2, 1, 0]


def test_status_of_a_member_with_many_removed_entries() -> None:
    """Removed entries, each with a long reason, do not make the message longer than Discord's."""
    terms = Terms("T" * 80, "*" * 300, 1.0, 2.0, entries_per_member=10)
    challenge = Challenge(1, GUILD, 1, 1, ChallengeState.ENTERING, terms, 0, 1.0)
    entries = tuple(
        Entry(n, 7, n, None, None, 1.0, "M", None, "_" * 300 if n < 60 else None) for n in range(70)
    )
    post = status_card.status(Contest(challenge, entries), Member(7, GUILD))
    assert len(post.text) <= 2000
    assert "Your entry: painting № 69" in post.text
    assert "more" in post.text


@pytest.mark.slow
async def test_a_curve_is_drawn_once(simulator: Simulator, data_dir: Path) -> None:
    """Ten presses of "Loss curve" at once are one drawing, kept beside the painting."""
    async with running_bot(simulator, data_dir):
        painted = await result_of(simulator, muralize(simulator))
        custom_id = next(
            str(one["custom_id"])
            for row in painted.components
            for one in row["components"]
            if one.get("custom_id", "").endswith(":curve")
        )
        presses = [simulator.people.press(painted.id, custom_id, "ada") for _ in range(10)]

        def curves() -> list[bytes]:
            answers = [one for press in presses for one in private_answers(simulator, press)]
            return [file.content for one in answers for file in one.attachments]

        await simulator.until(lambda: len(curves()) == len(presses))
        (kept,) = (data_dir / "pictures" / "copies").glob("*/curve-*")
        assert set(curves()) == {kept.read_bytes()}


@pytest.mark.slow
async def test_an_export_of_three_thousand_paintings(simulator: Simulator, data_dir: Path) -> None:
    """It arrives whole, in several files; another member is answered while it is made."""
    async with running_bot(simulator, data_dir):
        await result_of(simulator, muralize(simulator))
        await asyncio.to_thread(copy_job, data_dir, 3000)
        asked = run(simulator, "privacy export")
        queue = await said_privately(simulator, run(simulator, "queue show", "cleo"))
        assert "You have no painting under way" in queue.content
        assert not any(one.attachments for one in private_answers(simulator, asked))
        files = await simulator.until(lambda: whole(simulator, asked), 120)
        paintings = [row["id"] for file in files for row in file["paintings"]]
        assert sorted(paintings) == [
            row["id"] for row in query(data_dir, "SELECT id FROM jobs ORDER BY id")
        ]
        assert len(paintings) == 3001


def copy_job(data_dir: Path, count: int) -> None:
    """Write the only job so many times more, with a long loss curve."""
    columns = [row[1] for row in query(data_dir, "PRAGMA table_info(jobs)") if row[1] != "id"]
    curve = json.dumps([[step, 1234.5678 / step] for step in range(1, 500)])
    changed = {
        "interaction_id": "interaction_id + n",
        "nonce": "nonce || n",
        "result": f"json_set(result, '$.outcome.curve', json('{curve}'))",
    }
    values = ", ".join(changed.get(column, column) for column in columns)
    sql = (
        f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers "
        f"WHERE n < {count}) INSERT INTO jobs ({', '.join(columns)}) "
        f"SELECT {values} FROM jobs, numbers WHERE jobs.id = (SELECT max(id) FROM jobs)"
    )
    with closing(sqlite3.connect(data_dir / "muralscape.db")) as database, database:
        database.execute(sql)


def whole(simulator: Simulator, asked: Interaction) -> list[dict[str, Any]] | None:
    """Read the files of an export once the last has come."""
    found = [file for one in private_answers(simulator, asked) for file in one.attachments]
    if not found or len(found) < int(found[0].filename.partition("-of-")[2].partition(".")[0]):
        return None
    return [json.loads(file.content) for file in found]
