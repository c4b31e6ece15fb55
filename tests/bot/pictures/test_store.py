"""Pictures are kept whole, once, and as long as somebody needs them."""

import asyncio
import hashlib
import os
import time
from collections.abc import Collection, Sequence
from pathlib import Path

import pytest

from bot.errors import PictureGone
from bot.pictures.copies import Copies
from bot.pictures.ledger import PictureLedger
from bot.pictures.retention import Names, PictureRetention, sweep_forever
from bot.pictures.store import PictureStore


class Needs:
    """A store with rows that refer to the pictures in `names`."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    async def pictures_in_use(self, among: Collection[str]) -> set[str]:
        """Say which are needed."""
        return self.names & set(among)

    def pictures_held(self, guild_id: int, member_id: int | None) -> Sequence[Names]:
        """Say nothing: no quota is asked for here."""
        return ()


@pytest.fixture
async def pictures(tmp_path: Path) -> PictureStore:
    """An empty store."""
    store = PictureStore(tmp_path / "pictures")
    await store.open()
    return store


@pytest.fixture
def needs() -> Needs:
    """What the rows refer to; nothing at first."""
    return Needs()


@pytest.fixture
def retention(pictures: PictureStore, needs: Needs, ledger: PictureLedger) -> PictureRetention:
    """A retention that spares pictures younger than a minute."""
    return PictureRetention(pictures, ledger, [needs], time.time, grace=60)


async def test_put_and_read(pictures: PictureStore) -> None:
    """Bytes come back under the SHA-256 of themselves."""
    name = await pictures.put(b"mural")
    assert name == hashlib.sha256(b"mural").hexdigest()
    assert await pictures.read(name) == b"mural"


async def test_the_same_bytes_are_kept_once(pictures: PictureStore) -> None:
    """Putting the same bytes again gives the same name and no second file."""
    assert await pictures.put(b"mural") == await pictures.put(b"mural")
    assert len(await pictures.names()) == 1


async def test_adopt(pictures: PictureStore) -> None:
    """A file from a work folder moves into the store; its name is that of its bytes."""
    folder = await pictures.make_work_folder()
    (folder / "result.png").write_bytes(b"mural")
    name = await pictures.adopt(folder / "result.png")
    assert await pictures.read(name) == b"mural"
    assert list(folder.iterdir()) == []


async def test_open_clears_half_done_work(pictures: PictureStore, tmp_path: Path) -> None:
    """Work folders of a run that was killed are removed at the next start; pictures stay."""
    folder = await pictures.make_work_folder()
    (folder / "half.png").write_bytes(b"mur")
    name = await pictures.put(b"mural")
    await PictureStore(tmp_path / "pictures").open()
    assert not folder.exists()
    assert await pictures.names() == [name]


async def test_a_picture_that_is_gone(pictures: PictureStore) -> None:
    """Reading a picture that was deleted is refused with a message."""
    name = await pictures.put(b"mural")
    await pictures.remove([name, name])
    assert not await pictures.has([name])
    with pytest.raises(PictureGone):
        await pictures.read(name)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63])
async def test_names_lead_nowhere_else(pictures: PictureStore, name: str) -> None:
    """What is no SHA-256 in hexadecimal never becomes a path."""
    with pytest.raises(ValueError, match="not the name of a picture"):
        pictures.path(name)


async def test_release_spares_what_is_needed(
    pictures: PictureStore, retention: PictureRetention, needs: Needs
) -> None:
    """Of released pictures only those that no row refers to are deleted."""
    needed, free = await pictures.put(b"needed"), await pictures.put(b"free")
    needs.names = {needed}
    await retention.release([needed, free])
    assert await pictures.names() == [needed]


async def test_sweep_takes_old_strays_only(
    pictures: PictureStore, retention: PictureRetention, needs: Needs
) -> None:
    """The sweep deletes pictures without a row after the grace time, and no others."""
    needed, stray, new = [await pictures.put(data) for data in (b"needed", b"stray", b"new")]
    needs.names = {needed}
    for name in (needed, stray):
        os.utime(pictures.path(name), (0, 0))
    assert await retention.sweep() == 1
    assert set(await pictures.names()) == {needed, new}


async def test_putting_a_stray_again_saves_it(
    pictures: PictureStore, retention: PictureRetention
) -> None:
    """An orphaned picture that is stored again counts as new."""
    name = await pictures.put(b"stray")
    os.utime(pictures.path(name), (0, 0))
    await pictures.put(b"stray")
    assert await retention.sweep() == 0


async def test_sweeping_goes_on_after_a_failure(
    pictures: PictureStore, retention: PictureRetention, caplog: pytest.LogCaptureFixture
) -> None:
    """A sweep that fails is logged and done again; jobs past the retention time are forgotten."""
    stray = await pictures.put(b"stray")
    os.utime(pictures.path(stray), (0, 0))
    moments: list[float] = []
    enough = asyncio.Event()

    async def forget(before: float) -> int:
        moments.append(before)
        if len(moments) == 1:
            raise OSError("disk full")
        if len(moments) == 3:
            enough.set()
        return 0

    sweeping = asyncio.create_task(sweep_forever(forget, retention, lambda: 500.0, 100.0, 0.01))
    await asyncio.wait_for(enough.wait(), 120)
    sweeping.cancel()
    assert not await pictures.has([stray])
    assert set(moments) == {400.0}
    assert "disk full" in caplog.text


async def test_referring_needs_the_picture(
    pictures: PictureStore, retention: PictureRetention
) -> None:
    """A row cannot be written that refers to a picture which is gone."""
    name = await pictures.put(b"mural")
    await pictures.remove([name])
    with pytest.raises(PictureGone):
        async with retention.referring_to([name]):
            pass


async def test_the_bytes_on_the_disk_are_counted(pictures: PictureStore, tmp_path: Path) -> None:
    """Pictures and their copies are counted once each, also after a restart."""
    name = await pictures.put(b"mural")
    await pictures.put(b"mural")
    await pictures.put_copy(name, "small", b"m")
    await pictures.put_copy(name, "small", b"mu")
    again = PictureStore(tmp_path / "pictures")
    await again.open()
    assert (pictures.total_bytes, again.total_bytes) == (7, 7)
    await pictures.remove([name])
    assert pictures.total_bytes == 0


async def test_what_is_put_twice_at_once_is_counted_once(pictures: PictureStore) -> None:
    """Equal uploads of several members at the same moment are one file, and count as one."""
    data = b"mural" * 200_000
    await asyncio.gather(*(pictures.put(data) for _ in range(8)))
    assert pictures.total_bytes == len(data)


async def test_a_copy_that_cannot_be_kept(
    pictures: PictureStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is given out all the same, as where the disk is full, and leaves no half file behind."""
    name = await pictures.put(b"mural")

    async def make() -> bytes:
        return b"small"

    impossible = "x" * 300  # longer than the name of a file may be
    assert await Copies(pictures).of(name, impossible, make) == b"small"
    assert "could not be kept" in caplog.text
    assert list((tmp_path / "pictures" / "work").iterdir()) == []
    assert pictures.total_bytes == 5


async def test_the_ledger_is_filled_from_the_disk(
    pictures: PictureStore, retention: PictureRetention
) -> None:
    """Pictures of an older version are recorded at a start; those that go are forgotten."""
    name = await pictures.put(b"mural")
    await retention.open()
    found = await retention.ledger.find(name)
    assert found is not None
    assert (found.bytes, found.size) == (5, (0, 0))
    await retention.release([name])
    assert await retention.ledger.find(name) is None


class SlowLedger:
    """A ledger that begins to forget when the test says so."""

    def __init__(self, ledger: PictureLedger) -> None:
        self._ledger = ledger
        self.is_asked = asyncio.Event()
        self.may_begin = asyncio.Event()
        self.record, self.find, self.bytes_of = ledger.record, ledger.find, ledger.bytes_of

    async def forget(self, names: Collection[str]) -> None:
        """Wait, then forget."""
        self.is_asked.set()
        await self.may_begin.wait()
        await self._ledger.forget(names)


async def test_the_ledger_knows_what_is_stored_while_it_is_deleted(
    pictures: PictureStore, needs: Needs, ledger: PictureLedger
) -> None:
    """A picture that comes again as it is being deleted counts, or is not there."""
    slow = SlowLedger(ledger)
    retention = PictureRetention(pictures, slow, [needs], time.time)
    name = (await retention.put(b"mural")).name
    releasing = asyncio.create_task(retention.release([name]))
    await slow.is_asked.wait()
    await retention.put(b"mural")
    slow.may_begin.set()
    await releasing
    assert await pictures.has([name]) == (await ledger.find(name) is not None)


class UnreadableNeeds(Needs):
    """A store that cannot be read."""

    async def pictures_in_use(self, among: Collection[str]) -> set[str]:
        """Fail, as on a broken disk."""
        raise OSError("no table can be read")


async def test_what_was_adopted_stays_where_nobody_can_say_whether_it_is_needed(
    pictures: PictureStore, ledger: PictureLedger, caplog: pytest.LogCaptureFixture
) -> None:
    """A painting that was stored does not fail by it; a later sweep looks again."""
    retention = PictureRetention(pictures, ledger, [UnreadableNeeds()], time.time)
    file = await pictures.make_work_folder() / "result.png"
    file.write_bytes(b"mural")
    async with retention.adopting() as adopt:
        stored = await adopt(file)
    assert await pictures.has([stored.name])
    assert "the next sweep" in caplog.text
