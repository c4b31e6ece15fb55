"""The intake in a process of its own: `python -m tests.bot.pictures.hostile_intake ADDRESS COUNT`.

Takes files 0 to COUNT - 1 from a web server and prints what became of them as one JSON object.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bot.pictures.decoder import Decoder
from bot.pictures.intake import AttachmentRejected, Intake, NotAPicture
from bot.pictures.ledger import PictureLedger
from bot.pictures.model import UploadedFile
from bot.pictures.quotas import ByteQuotas, PictureQuotas
from bot.pictures.retention import PictureRetention
from bot.pictures.store import PictureStore
from bot.pictures.turns import Owner
from bot.storage.database import Database, sqlite_url
from engine.errors import ImageRejected
from engine.picture_limits import PictureLimits

LIMITS = PictureLimits(max_bytes=4 * 2**20, max_pixels=2_000_000)
_MEMBERS = 16  # that send at the same time
_SUFFIXES = (".jpg", ".png", ".webp", ".avif", ".gif", ".heic", ".tiff", ".exe", "")


async def main(address: str, count: int) -> None:
    """Let every file through the intake and print the outcome."""
    outcomes = Counter(pictures=0, refused=0, unfetched=0)
    numbers = iter(range(count))
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        store = PictureStore(Path(folder) / "pictures")
        await store.open()
        database = Database(sqlite_url(Path(folder) / "muralscape.db"))
        await database.upgrade()
        retention = PictureRetention(store, PictureLedger(database), [], time.time)
        quotas = PictureQuotas(retention, ByteQuotas(2**40, 2**40, 2**40))
        hosts = ["127.0.0.1"]
        async with (
            Decoder() as decoder,
            Intake(retention, quotas, decoder, hosts=hosts, limits=LIMITS, seconds=300) as intake,
        ):

            async def member(member_id: int) -> None:
                nonlocal slowest
                for number in numbers:
                    url = f"{address}/{number}/picture{_SUFFIXES[number % len(_SUFFIXES)]}"
                    begun = time.monotonic()
                    outcomes[await _take(intake, url, Owner(1, member_id))] += 1
                    slowest = max(slowest, time.monotonic() - begun)

            await asyncio.gather(*(member(number) for number in range(_MEMBERS)))
        await database.close()
    sys.stdout.write(
        json.dumps({**outcomes, "peak_mib": _peak_mib(), "slowest_seconds": slowest}) + "\n"
    )


async def _take(intake: Intake, url: str, owner: Owner) -> str:
    """Take one file; any error but a refusal in one printable sentence ends the process."""
    try:
        async with intake.taken([UploadedFile("The content picture", url, 1)], owner):
            pass
    except (AttachmentRejected, ImageRejected) as error:
        sentence = error.sentence if isinstance(error, AttachmentRejected) else str(error)
        assert sentence.startswith("The content picture "), sentence
        assert sentence.endswith("."), sentence
        assert sentence.isprintable(), sentence
        # A file that could not be fetched says nothing of what the intake makes of hostile ones.
        fetched = isinstance(error, ImageRejected | NotAPicture)
        return "refused" if fetched else "unfetched"
    return "pictures"


def _peak_mib() -> int:
    """The process's highest resident memory. `ru_maxrss` would be the parent's at its fork."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
