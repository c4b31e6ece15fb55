"""Taking pictures in, from a web server on loopback."""

import asyncio
import gzip
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from PIL import Image

from bot.errors import AttachmentRejected
from bot.pictures.decoder import Decoder
from bot.pictures.intake import Intake
from bot.pictures.model import UploadedFile
from bot.pictures.store import PictureStore
from bot.pictures.turns import Owner
from engine.errors import ImageRejected
from engine.picture_limits import PictureLimits

ADA = Owner(10, 1)
LIMITS = PictureLimits(max_bytes=20_000, max_pixels=100_000)


def png(width: int = 32, height: int = 24, colour: str = "teal") -> bytes:
    """Encode a picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


@dataclass
class Host:
    """A web server that stands for Discord's CDN."""

    address: str = ""
    seen: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Serve by the name asked for."""
        name = request.match_info["name"]
        self.seen.append(name)
        match name:
            case "large":  # sends more than was said and more than is allowed
                return web.Response(body=b"x" * 50_000)
            case "redirect":
                raise web.HTTPFound("/good.png")
            case "elsewhere":
                raise web.HTTPMovedPermanently("http://169.254.169.254/latest/meta-data")
            case "trickle":  # a byte now and then, so that no pause is ever long
                response = web.StreamResponse(headers={"Content-Length": "100000"})
                await response.prepare(request)
                for _ in range(100):
                    await response.write(b"x")
                    await asyncio.sleep(0.05)
                return response
            case "endless":  # says no length at all
                response = web.StreamResponse()
                response.enable_chunked_encoding()
                await response.prepare(request)
                for _ in range(1_000):
                    await response.write(bytes(1_000))
                return response
            case "zipped":  # a picture once unpacked, which nobody asked for
                packed = gzip.compress(png())
                return web.Response(body=packed, headers={"Content-Encoding": "gzip"})
            case "stall":
                response = web.StreamResponse(headers={"Content-Length": "100"})
                await response.prepare(request)
                await response.write(b"x" * 10)
                await asyncio.sleep(5)
                return response
            case "cut":
                response = web.StreamResponse(headers={"Content-Length": "100"})
                await response.prepare(request)
                await response.write(b"x" * 10)
                assert request.transport is not None
                request.transport.close()
                return response
            case "text.png":
                return web.Response(body=b"not a picture at all, whatever its name says")
            case "good.png" | "other.png":
                return web.Response(body=png(colour="teal" if name == "good.png" else "red"))
        raise web.HTTPNotFound


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    """Run a web server for one test."""
    host = Host()
    app = web.Application()
    app.router.add_get("/{name}", host.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield host
    await runner.cleanup()


@pytest.fixture
async def store(tmp_path: Path) -> PictureStore:
    """Make an empty picture store."""
    store = PictureStore(tmp_path / "pictures")
    await store.open()
    return store


@pytest.fixture
async def decoder() -> AsyncIterator[Decoder]:
    """Start a decoding child."""
    async with Decoder() as decoder:
        yield decoder


@pytest.fixture
async def intake(store: PictureStore, decoder: Decoder) -> AsyncIterator[Intake]:
    """Make an intake that trusts the web server's host on every port."""
    async with Intake(store, decoder, hosts=["127.0.0.1"], limits=LIMITS, seconds=0.3) as intake:
        yield intake


def offer(host: Host, name: str, size: int = 100) -> UploadedFile:
    """Offer a file of the web server."""
    return UploadedFile("The content picture", f"{host.address}/{name}", size)


async def test_good_pictures_are_saved_by_hash(
    host: Host, intake: Intake, store: PictureStore
) -> None:
    """Both originals lie in the store, byte for byte, in the order offered."""
    first, second = await intake.take([offer(host, "good.png"), offer(host, "other.png")], ADA)
    assert await store.read(first) == png(colour="teal")
    assert await store.read(second) == png(colour="red")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("large", "larger than 0.0190735 MiB; choose a smaller file"),
        ("redirect", "could not be fetched from Discord (it answered 302); upload it again"),
        ("elsewhere", "could not be fetched from Discord (it answered 301); upload it again"),
        ("trickle", "could not be downloaded within 0.3 seconds; send it again"),
        ("endless", "larger than 0.0190735 MiB; choose a smaller file"),
        ("stall", "could not be downloaded within 0.3 seconds; send it again"),
        ("cut", "could not be downloaded from Discord; send it again"),
        ("missing", "could not be fetched from Discord (it answered 404); upload it again"),
    ],
)
async def test_bad_downloads(
    host: Host, intake: Intake, store: PictureStore, name: str, words: str
) -> None:
    """A download that fails is told in words, and nothing is left on disk, not even the other."""
    with pytest.raises(AttachmentRejected) as caught:
        await intake.take([offer(host, "good.png"), offer(host, name)], ADA)
    assert words in caught.value.sentence
    assert await store.names() == []


async def test_redirects_are_not_followed(host: Host, intake: Intake) -> None:
    """Not even to the same host: what a redirect names is never asked for."""
    with pytest.raises(AttachmentRejected):
        await intake.take([offer(host, "redirect")], ADA)
    assert host.seen == ["redirect"]


async def test_nothing_is_unpacked(host: Host, intake: Intake) -> None:
    """A compressed answer is read as it came: a megabyte may unpack to a thousand."""
    with pytest.raises(ImageRejected, match="is not a picture"):
        await intake.take([offer(host, "zipped")], ADA)


async def test_no_picture(host: Host, intake: Intake, store: PictureStore) -> None:
    """A file that is no picture is refused by its bytes, and nothing is left on disk."""
    with pytest.raises(ImageRejected, match="The content picture is not a picture"):
        await intake.take([offer(host, "good.png"), offer(host, "text.png")], ADA)
    assert await store.names() == []


async def test_declared_size_comes_first(host: Host, intake: Intake) -> None:
    """A file that is too large by its own description is not fetched at all."""
    with pytest.raises(AttachmentRejected, match="choose a smaller file"):
        await intake.take([offer(host, "good.png"), offer(host, "other.png", 20_001)], ADA)
    assert host.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost.evil.example/good.png",
        "http://user@127.0.0.1/good.png",
        "https://cdn.discordapp.com@10.0.0.1/good.png",
        "file:///etc/passwd",
        "ftp://127.0.0.1/good.png",
        "//127.0.0.1/good.png",
        "http://2130706433/good.png",
        "http://0.0.0.0/good.png",
        "http://[::1]/good.png",
        "http://[::ffff:127.0.0.1]/good.png",
        "http://169.254.169.254/latest/meta-data",
        "https://cdn.discordapp.com.evil.example/good.png",
        "https://evil.example/cdn.discordapp.com/good.png",
        "data:image/png;base64,iVBORw0KGgo=",
        "http://[oops/good.png",
        "",
    ],
)
async def test_other_hosts(intake: Intake, url: str) -> None:
    """Addresses that are not on the list, or not plainly so, are not fetched."""
    with pytest.raises(AttachmentRejected, match="not stored at Discord"):
        await intake.take([UploadedFile("The style picture", url, 100)], ADA)


async def test_plain_http_only_on_loopback(store: PictureStore, decoder: Decoder) -> None:
    """An allowed host elsewhere is fetched by HTTPS or not at all."""
    async with Intake(store, decoder, hosts=["cdn.example"], limits=LIMITS, seconds=0.3) as intake:
        with pytest.raises(AttachmentRejected, match="not stored at Discord"):
            await intake.take(
                [UploadedFile("The style picture", "http://cdn.example/a.png", 100)], ADA
            )


async def test_host_with_port(host: Host, store: PictureStore, decoder: Decoder) -> None:
    """A host on the list with a port is allowed on that port only."""
    port = host.address.rpartition(":")[2]
    async with Intake(
        store, decoder, hosts=[f"127.0.0.1:{port}"], limits=LIMITS, seconds=0.3
    ) as here:
        assert len(await here.take([offer(host, "good.png")], ADA)) == 1
    async with Intake(
        store, decoder, hosts=["127.0.0.1:1"], limits=LIMITS, seconds=0.3
    ) as elsewhere:
        with pytest.raises(AttachmentRejected, match="not stored at Discord"):
            await elsewhere.take([offer(host, "good.png")], ADA)
