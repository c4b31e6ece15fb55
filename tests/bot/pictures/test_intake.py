"""Taking pictures in, from a web server on loopback."""

import asyncio
import gzip
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import web
from PIL import Image

from bot.errors import Refused
from bot.pictures.intake import AttachmentRejected, Intake
from bot.pictures.ledger import PictureLedger
from bot.pictures.model import UploadedFile
from bot.pictures.quotas import (
    ByteQuotas,
    GuildStorageFull,
    HostStorageFull,
    MemberStorageFull,
    PictureQuotas,
)
from bot.pictures.retention import PictureRetention
from bot.pictures.store import PictureStore
from bot.pictures.turns import Owner
from engine.errors import ImageRejected
from engine.picture_limits import PictureLimits
from tests.bot.decoders import DECODER

ADA = Owner(10, 1)
QUOTAS = ByteQuotas(per_member=2**20, per_guild=2**20, in_all=2**20)
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
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)

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
                await asyncio.sleep(600)
                return response
            case "wait":  # until the client has left
                response = web.StreamResponse(headers={"Content-Length": "100"})
                await response.prepare(request)
                self.waiting.set()
                while request.transport and not request.transport.is_closing():  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                self.left.set()
                return response
            case "late":
                await self.waiting.wait()
                raise web.HTTPNotFound
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


MakeIntake = Callable[..., Intake]


@pytest.fixture
def make_intake(store: PictureStore, ledger: PictureLedger) -> MakeIntake:
    """Make an intake of a list of trusted hosts."""
    retention = PictureRetention(store, ledger, [], lambda: 0.0)

    def make(*hosts: str, quotas: ByteQuotas = QUOTAS, seconds: float = 60.0) -> Intake:
        shares = PictureQuotas(retention, quotas)
        return Intake(retention, shares, DECODER, hosts=hosts, limits=LIMITS, seconds=seconds)

    return make


@pytest.fixture
async def intake(make_intake: MakeIntake) -> AsyncIterator[Intake]:
    """Make an intake that trusts the web server's host on every port."""
    async with make_intake("127.0.0.1") as intake:
        yield intake


async def take(intake: Intake, *offered: UploadedFile, owner: Owner = ADA) -> tuple[str, ...]:
    """Take pictures in and return their names."""
    async with intake.taken(offered, owner) as stored:
        return tuple(one.name for one in stored)


def offer(host: Host, name: str, size: int = 100) -> UploadedFile:
    """Offer a file of the web server."""
    return UploadedFile("The content picture", f"{host.address}/{name}", size)


async def test_good_pictures_are_saved_by_hash(
    host: Host, intake: Intake, store: PictureStore
) -> None:
    """Both originals lie in the store, byte for byte, in the order offered."""
    first, second = await take(intake, offer(host, "good.png"), offer(host, "other.png"))
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
    host: Host, make_intake: MakeIntake, store: PictureStore, name: str, words: str
) -> None:
    """A failed download is told with a message, and nothing is left on disk, not even the other."""
    seconds = 0.3 if "0.3 seconds" in words else 60.0
    async with make_intake("127.0.0.1", seconds=seconds) as intake:
        with pytest.raises(AttachmentRejected) as caught:
            await take(intake, offer(host, "good.png"), offer(host, name))
    assert words in caught.value.sentence
    assert await store.names() == []


async def test_a_refused_request_downloads_nothing_more(
    host: Host, make_intake: MakeIntake
) -> None:
    """Where one file fails, the download of the other ends, as does its member's turn."""
    async with make_intake("127.0.0.1", seconds=600.0) as intake:
        with pytest.raises(AttachmentRejected):
            await take(intake, offer(host, "wait"), offer(host, "late"))
        async with asyncio.timeout(30):
            await host.left.wait()


async def test_redirects_are_not_followed(host: Host, intake: Intake) -> None:
    """Not even to the same host: what a redirect names is never asked for."""
    with pytest.raises(AttachmentRejected):
        await take(intake, offer(host, "redirect"))
    assert host.seen == ["redirect"]


async def test_nothing_is_unpacked(host: Host, intake: Intake) -> None:
    """A compressed answer is read as it came: a megabyte may unpack to a thousand."""
    with pytest.raises(ImageRejected, match="is not a picture"):
        await take(intake, offer(host, "zipped"))


async def test_no_picture(host: Host, intake: Intake, store: PictureStore) -> None:
    """A file that is no picture is refused by its bytes, and nothing is left on disk."""
    with pytest.raises(ImageRejected, match="The content picture is not a picture"):
        await take(intake, offer(host, "good.png"), offer(host, "text.png"))
    assert await store.names() == []


async def test_declared_size_comes_first(host: Host, intake: Intake) -> None:
    """A file that is too large by its own description is not fetched at all."""
    with pytest.raises(AttachmentRejected, match="choose a smaller file"):
        await take(intake, offer(host, "good.png"), offer(host, "other.png", 20_001))
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
        await take(intake, UploadedFile("The style picture", url, 100))


async def test_plain_http_only_on_loopback(make_intake: MakeIntake) -> None:
    """An allowed host elsewhere is fetched by HTTPS or not at all."""
    async with make_intake("cdn.example") as intake:
        with pytest.raises(AttachmentRejected, match="not stored at Discord"):
            await take(intake, UploadedFile("The style picture", "http://cdn.example/a.png", 100))


async def test_host_with_port(host: Host, make_intake: MakeIntake) -> None:
    """A host on the list with a port is allowed on that port only."""
    port = host.address.rpartition(":")[2]
    async with make_intake(f"127.0.0.1:{port}") as here:
        assert len(await take(here, offer(host, "good.png"))) == 1
    async with make_intake("127.0.0.1:1") as elsewhere:
        with pytest.raises(AttachmentRejected, match="not stored at Discord"):
            await take(elsewhere, offer(host, "good.png"))


@pytest.mark.parametrize("port", ["22", "80", "8443"])
async def test_odd_ports(make_intake: MakeIntake, port: str) -> None:
    """A host on the list without a port is fetched from the usual one alone."""
    async with make_intake("cdn.example") as intake:
        odd = UploadedFile("The style picture", f"https://cdn.example:{port}/a.png", 100)
        with pytest.raises(AttachmentRejected, match="not stored at Discord"):
            await take(intake, odd)


async def test_pictures_stay_where_a_row_may_refer_to_them(
    host: Host, intake: Intake, store: PictureStore
) -> None:
    """What is refused after its pictures were stored keeps no bytes, and no room."""

    async def refuse() -> None:
        async with intake.taken([offer(host, "good.png")], ADA) as (one,):
            assert (one.size, one.bytes) == ((32, 24), len(png()))
            assert store.total_bytes == len(png())
            raise Refused("No.")

    with pytest.raises(Refused, match=r"No\."):
        await refuse()
    assert (await store.names(), store.total_bytes) == ([], 0)
    assert len(await take(intake, offer(host, "good.png"))) == 1


@pytest.mark.parametrize(
    ("full", "error"),
    [
        ("per_member", MemberStorageFull),
        ("per_guild", GuildStorageFull),
        ("in_all", HostStorageFull),
    ],
)
async def test_what_does_not_fit_is_never_stored(
    host: Host,
    make_intake: MakeIntake,
    store: PictureStore,
    full: str,
    error: type[Refused],
) -> None:
    """Bytes of a member, a server and the host are bounded, also while others are being stored."""
    quotas = replace(QUOTAS, **{full: len(png()) + 10})
    async with (
        make_intake("127.0.0.1", quotas=quotas) as intake,
        intake.taken([offer(host, "good.png")], ADA),
    ):
        with pytest.raises(error):
            await take(intake, offer(host, "other.png"))
        assert len(await store.names()) == 1
        if full == "per_member":
            assert await take(intake, offer(host, "other.png"), owner=Owner(10, 2))
