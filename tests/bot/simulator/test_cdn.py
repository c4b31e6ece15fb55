"""Attachments: addresses that expire, and downloads that go wrong."""

import asyncio
import struct

import aiohttp
import pytest

from bot.simulator import Simulator, Upload
from bot.simulator.faults import CdnFault
from bot.simulator.pixels import pixels

CONTENT = bytes(range(256)) * 40


def address(simulator: Simulator) -> str:
    """The address of a picture that a member posted."""
    simulator.people.post("ada", files=[Upload("a b.png", CONTENT)])
    url: str = simulator.people.messages("ada")[-1]["attachments"][0]["url"]
    return url


async def fetch(url: str) -> tuple[int, bytes]:
    """Status and content, following no redirect."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, allow_redirects=False) as answer,
    ):
        return answer.status, await answer.read()


async def test_signed_address(simulator: Simulator) -> None:
    """An address works as given, directly and through the proxy, and not when it was changed."""
    url = address(simulator)
    assert await fetch(url) == (200, CONTENT)
    assert (await fetch(url.replace("hm=", "hm=0")))[0] == 404
    assert (await fetch(url.split("?")[0]))[0] == 404
    assert (await fetch(url.replace("/cdn/", "/cdn/proxy/")))[0] == 200


async def test_addresses_expire(simulator: Simulator) -> None:
    """An old address is 404; the message, asked for again, has a new one."""
    url = address(simulator)
    simulator.clock.advance(simulator.limits.attachment_life + 1)
    assert (await fetch(url))[0] == 404
    renewed = simulator.people.messages("ada")[-1]["attachments"][0]["url"]
    assert (await fetch(renewed))[0] == 200


async def test_file_of_a_deleted_message(simulator: Simulator) -> None:
    """With its message an attachment is gone."""
    url = address(simulator)
    simulator.people.delete(int(simulator.people.messages("ada")[-1]["id"]), "ada")
    assert (await fetch(url))[0] == 404


async def test_missing_and_moved(simulator: Simulator) -> None:
    """A download can be answered with a status or sent elsewhere, so many times."""
    url = address(simulator)
    simulator.faults.download(CdnFault(status=404, times=1))
    assert (await fetch(url))[0] == 404
    moved = simulator.faults.download(CdnFault(redirect="http://127.0.0.2/"))
    assert (await fetch(url))[0] == 302
    simulator.faults.lift(moved)
    assert (await fetch(url))[0] == 200


async def test_cut_short(simulator: Simulator) -> None:
    """A download can end before its declared length."""
    url = address(simulator)
    simulator.faults.download(CdnFault(filename="png$", cut_at=100))
    with pytest.raises(aiohttp.ClientPayloadError):
        await fetch(url)


async def test_stalls(simulator: Simulator) -> None:
    """A download can stop halfway and never go on; the simulator still stops at once."""
    url = address(simulator)
    simulator.faults.download(CdnFault(stall_at=100))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(fetch(url), 0.1)


async def test_more_than_declared(simulator: Simulator) -> None:
    """A download can bring more than the attachment said it has."""
    url = address(simulator)
    simulator.faults.download(CdnFault(extra=1000))
    assert len((await fetch(url))[1]) == len(CONTENT) + 1000
    assert simulator.people.messages("ada")[-1]["attachments"][0]["size"] == len(CONTENT)


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(8) + struct.pack(">II", 3, 4), (3, 4)),
        (b"GIF89a" + struct.pack("<HH", 3, 4), (3, 4)),
        (b"RIFF0000WEBPVP8X" + bytes(8) + b"\2\0\0\3\0\0", (3, 4)),
        (b"RIFF0000WEBPVP8L" + bytes(5) + struct.pack("<I", 2 | 3 << 14), (3, 4)),
        (b"RIFF0000WEBPVP8 " + bytes(10) + struct.pack("<HH", 3, 4), (3, 4)),
        (b"\xff\xd8\xff\xe0\0\4ab\xff\xc2\0\x11\x08\0\4\0\3", (3, 4)),
        (b"\xff\xd8\xff\xe0\0\4ab", None),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"GIF89a\0\0\0\0", None),
        (b"plain text", None),
        (b"", None),
    ],
)
def test_pixels(content: bytes, size: tuple[int, int] | None) -> None:
    """Width and height are read from the head of each kind; a torn or foreign file has none."""
    assert pixels(content) == size
