"""Downloads of weights, from a real server on this machine that can be told to misbehave."""

import asyncio
import hashlib
import io
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from aiohttp import web
from aiohttp.test_utils import TestServer
from filelock import FileLock

from engine.download import ATTEMPTS, IMAGENET_SHA256, IMAGENET_URL, download
from engine.errors import OutputRejected, WeightsRejected
from engine.weights import CONVOLUTIONS, find, load
from tests.engine.test_weights import Exploit


def _pickled(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def vgg() -> bytes:
    """Return a small file of torchvision's kind: expanded tensors store a single value each."""
    return _pickled(
        {
            f"features.{index}.{part}": torch.full((1,), 0.25).expand(shape)
            for index, inputs, outputs in CONVOLUTIONS.values()
            for part, shape in (("weight", (outputs, inputs, 3, 3)), ("bias", (outputs,)))
        }
    )


@dataclass
class Mirror:
    """A server of one file. Its behaviour is set before, what it was asked is read after."""

    content: bytes
    breaks: int = 0  # how many answers stop halfway through what was asked for
    ranges: bool = True
    etags: list[str] = field(default_factory=lambda: ['"1"'])  # of one answer after another
    status: int = 200  # other than 200: what every request is answered with
    asked: list[str | None] = field(default_factory=list)  # the Range headers that came
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send the file, or a part of it, as a file server does."""
        wanted = request.headers.get("Range")
        self.asked.append(wanted)
        if self.status != 200:
            return web.Response(status=self.status)
        etag = self.etags.pop(0) if len(self.etags) > 1 else self.etags[0]
        start = 0
        same = request.headers.get("If-Range", etag) == etag
        if wanted and self.ranges and same:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        total = len(self.content)
        if start and start >= total:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{total}"})
        response = web.StreamResponse(status=206 if start else 200, headers={"ETag": etag})
        response.content_length = total - start
        if start:
            response.headers["Content-Range"] = f"bytes {start}-{total - 1}/{total}"
        await response.prepare(request)
        if self.breaks:
            self.breaks -= 1
            await response.write(self.content[start : (start + total) // 2])
            assert request.transport is not None
            request.transport.close()
            return response
        await response.write(self.content[start:])
        return response


async def fetch(
    mirror: Mirror,
    cache: Path,
    digits: str | None = None,
    on_retry: Callable[[str], None] = lambda _: None,
) -> list[tuple[int, int | None]]:
    """Download from a mirror and return the progress that was reported."""
    application = web.Application()
    application.router.add_get("/vgg19.pth", mirror.answer)
    progress: list[tuple[int, int | None]] = []
    async with TestServer(application) as server:
        url = str(server.make_url("/vgg19.pth"))
        sha256 = digits or hashlib.sha256(mirror.content).hexdigest()
        await asyncio.to_thread(
            download,
            cache,
            url,
            sha256,
            lambda *at: progress.append(at),
            pause=0,
            on_retry=on_retry,
        )
    return progress


def left_in(cache: Path) -> set[str]:
    """Return the names of the files in a cache, the lock aside."""
    return {path.name for path in cache.iterdir()} - {"download.lock"}


async def test_complete_download_keeps_only_the_convolutions(vgg: bytes, tmp_path: Path) -> None:
    """After a download `auto` finds the 13 convolutions as safetensors; nothing else is left."""
    progress = await fetch(Mirror(vgg), tmp_path, hashlib.sha256(vgg).hexdigest()[:8])
    assert left_in(tmp_path) == {"vgg19_imagenet1k_v1.safetensors"}
    assert progress[-1] == (len(vgg), len(vgg))
    tensors = load(find("auto", tmp_path))
    assert tensors["features.28.weight"].shape == (512, 512, 3, 3)
    assert tensors["features.28.weight"].eq(0.25).all()


async def test_broken_connection_goes_on_where_it_stopped(vgg: bytes, tmp_path: Path) -> None:
    """Each break costs one more request, for the bytes that are still missing."""
    mirror = Mirror(vgg, breaks=3)
    await fetch(mirror, tmp_path)
    starts = [int((asked or "bytes=0-")[6:-1]) for asked in mirror.asked]
    assert len(starts) == 4
    assert starts == sorted(set(starts))
    assert left_in(tmp_path) == {"vgg19_imagenet1k_v1.safetensors"}


async def test_each_retry_is_told(vgg: bytes, tmp_path: Path) -> None:
    """Before each new attempt there is a sentence with its number, the fault and the pause."""
    told: list[str] = []
    await fetch(Mirror(vgg, breaks=2), tmp_path, on_retry=told.append)
    assert [line.split(" (")[0] for line in told] == [
        f"attempt {number} of {ATTEMPTS} failed" for number in (1, 2)
    ]
    assert all(line.endswith("); the next is in 0 s") for line in told)


async def test_the_command_without_internet(tmp_path: Path, unused_tcp_port: int) -> None:
    """`weights download` without a way out says each failed attempt, and gives up at the third."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "weights", "download"),
        env={
            "PATH": os.environ["PATH"],
            "XDG_CACHE_HOME": str(tmp_path),
            "HTTPS_PROXY": f"http://127.0.0.1:{unused_tcp_port}",
        },
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    first, second, last = said.decode().splitlines()
    assert first.startswith("muralscape: ImageNet VGG-19: attempt 1 of 3 failed (")
    assert first.endswith("); the next is in 1 s.")
    assert second.startswith("muralscape: ImageNet VGG-19: attempt 2 of 3 failed (")
    assert f"{IMAGENET_URL} could not be fetched in 3 attempts (" in last
    assert process.returncode == 2


async def test_later_call_goes_on_where_an_earlier_one_stopped(vgg: bytes, tmp_path: Path) -> None:
    """A download that gave up leaves what it has for the next call."""
    with pytest.raises(WeightsRejected, match="where it stopped"):
        await fetch(Mirror(vgg, breaks=100), tmp_path)
    mirror = Mirror(vgg)
    await fetch(mirror, tmp_path)
    assert len(mirror.asked) == 1
    assert mirror.asked[0] is not None


async def test_server_without_ranges_sends_it_all_again(vgg: bytes, tmp_path: Path) -> None:
    """Where a server ignores Range the file starts anew instead of being spliced."""
    mirror = Mirror(vgg, breaks=2, ranges=False)
    await fetch(mirror, tmp_path)
    assert len(mirror.asked) == 3
    assert left_in(tmp_path) == {"vgg19_imagenet1k_v1.safetensors"}


async def test_file_that_changes_on_the_way_starts_anew(vgg: bytes, tmp_path: Path) -> None:
    """A changed ETag means another file: what was there is dropped."""
    mirror = Mirror(vgg, breaks=1, etags=['"1"', '"2"'])
    await fetch(mirror, tmp_path)
    assert left_in(tmp_path) == {"vgg19_imagenet1k_v1.safetensors"}


@pytest.mark.parametrize("extra", [0, 10])
async def test_leftover_that_is_whole_or_too_long(vgg: bytes, tmp_path: Path, extra: int) -> None:
    """A part that needs no more bytes is taken (416); one that is longer is fetched anew."""
    (tmp_path / "vgg19.pth.part").write_bytes(vgg + bytes(extra))
    mirror = Mirror(vgg)
    await fetch(mirror, tmp_path)
    assert len(mirror.asked) == (2 if extra else 1)


async def test_leftover_of_another_file_is_fetched_anew(vgg: bytes, tmp_path: Path) -> None:
    """A part with wrong bytes fails the hash once, and the second, whole download is taken."""
    (tmp_path / "vgg19.pth.part").write_bytes(bytes(1000))
    mirror = Mirror(vgg)
    await fetch(mirror, tmp_path)
    assert mirror.asked == ["bytes=1000-", None]


async def test_wrong_hash_leaves_nothing_behind(vgg: bytes, tmp_path: Path) -> None:
    """A file that is not the one that was meant is deleted, and no weights are made of it."""
    with pytest.raises(WeightsRejected, match="hash 00000000"):
        await fetch(Mirror(vgg), tmp_path, "00000000")
    assert left_in(tmp_path) == set()


async def test_pickle_with_code_is_refused(tmp_path: Path) -> None:
    """Even with the right hash, a pickle with code is not run and not kept."""
    trace = tmp_path / "it_ran"
    with pytest.raises(WeightsRejected, match="more than tensors"):
        await fetch(Mirror(_pickled(Exploit(f"touch {trace}"))), tmp_path)
    assert left_in(tmp_path) == set()


@pytest.mark.parametrize(("status", "requests"), [(404, 1), (503, ATTEMPTS)])
async def test_refusals_end_at_once_and_faults_after_some_attempts(
    vgg: bytes, tmp_path: Path, status: int, requests: int
) -> None:
    """A 404 is final; a 503 may pass, but not more attempts are made than stated."""
    mirror = Mirror(vgg, status=status)
    with pytest.raises(WeightsRejected, match=str(status)):
        await fetch(mirror, tmp_path)
    assert len(mirror.asked) == requests


async def test_second_download_does_not_touch_the_first(vgg: bytes, tmp_path: Path) -> None:
    """While one download holds the folder another says so and changes nothing."""
    (tmp_path / "vgg19.pth.part").write_bytes(b"of the first")
    with FileLock(tmp_path / "download.lock"), pytest.raises(WeightsRejected, match="under way"):
        await fetch(Mirror(vgg), tmp_path)
    assert (tmp_path / "vgg19.pth.part").read_bytes() == b"of the first"


async def test_cache_that_cannot_be_written_is_one_sentence(vgg: bytes, tmp_path: Path) -> None:
    """Where the cache folder cannot be made, OutputRejected says so."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputRejected, match="cannot be written"):
        await fetch(Mirror(vgg), tmp_path / "file" / "cache")


def test_address_without_a_hash_is_rejected(tmp_path: Path) -> None:
    """Nothing is fetched that could not be checked afterwards."""
    with pytest.raises(WeightsRejected, match="SHA-256"):
        download(tmp_path, "http://127.0.0.1:9/vgg19.pth")


def test_the_address_needs_no_torchvision() -> None:
    """ImageNet's address is known without torchvision, which only training installs, and right."""
    weights = pytest.importorskip("torchvision.models").VGG19_Weights.IMAGENET1K_V1
    assert weights.url == IMAGENET_URL


def test_the_whole_hash_begins_as_the_name_says() -> None:
    """torchvision writes the first 32 bits of a file's SHA-256 into its name."""
    assert re.fullmatch(r"[0-9a-f]{64}", IMAGENET_SHA256)
    assert IMAGENET_URL.endswith(f"-{IMAGENET_SHA256[:8]}.pth")
