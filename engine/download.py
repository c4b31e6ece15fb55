"""Fetch ImageNet's VGG-19: resumable, checked against its hash, cut down to the convolutions.

torch.hub's download begins anew after an interruption; this one resumes, which is why it exists.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import aiohttp
from filelock import FileLock, Timeout
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_exponential,
)

from engine.errors import OutputRejected, WeightsRejected
from engine.weights import Weights, cache_folder, imagenet, keep_convolutions

# torchvision's VGG19_Weights.IMAGENET1K_V1. torchvision itself is installed for training alone.
IMAGENET_URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
# torchvision publishes the first 32 bits, in the file's name; two other projects that fetch it
# (HTTPS, 574,673,361 bytes) note this whole hash.
IMAGENET_SHA256 = "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44"
MAX_BYTES = 2**30  # torchvision's file has 548 MB; a server that sends on and on is cut off
ATTEMPTS = 8  # a broken connection goes on where it stopped, so these last a long way
ATTEMPTS_TO_REACH = 3  # a server that never answered, as on a machine without internet

LONGEST_PAUSE = 60.0  # seconds between two attempts

_CHUNK = 2**18
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=60)  # seconds

Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all where known


class _StartOver(Exception):
    """What is here and what the server has are not parts of one file."""


def download(
    cache: Path | None = None,
    url: str | None = None,
    sha256: str | None = None,
    on_progress: Progress = lambda done, total: None,
    pause: float = 1.0,
    on_retry: Callable[[str], None] = lambda why: None,
) -> Weights:
    """Download VGG-19 into `cache` (default: the user's) and return the weights kept of it.

    `url` defaults to ImageNet's, and `sha256` (hex digits, as many as are known) to its hash, or to
    those digits that another file has in its name. An interrupted download goes on where it
    stopped, also in a later call. `pause` is the first wait before trying again, in seconds; it
    doubles each time, and `on_retry` is told before each.

    Raises WeightsRejected where the file cannot be had or is not the one that was meant, and
    OutputRejected where the cache folder cannot be written.
    """
    address = url or IMAGENET_URL
    digits = sha256 or (IMAGENET_SHA256 if address == IMAGENET_URL else _digits_in(address))
    folder = cache_folder() if cache is None else cache
    target = imagenet(folder)
    part = folder / "vgg19.pth.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "download.lock", timeout=0):
            _complete(address, part, digits, _Told(on_progress, on_retry), pause)
            try:
                keep_convolutions(part, target.path)
            finally:
                part.unlink(missing_ok=True)
    except Timeout as error:
        raise WeightsRejected("Another download is under way; wait for it to end.") from error
    except OSError as error:
        raise OutputRejected(f"{folder} cannot be written ({error.strerror}).") from error
    return target


def _digits_in(url: str) -> str:
    """Return the first hex digits of the SHA-256 that torchvision writes into its files' names."""
    found = re.search(r"-([0-9a-f]{8,64})\.pth$", url)
    if not found:
        raise WeightsRejected(f"{url} does not carry its hash in its name; give the SHA-256.")
    return found.group(1)


@dataclass(frozen=True)
class _Told:
    """What is called as a transfer goes on."""

    progress: Progress
    retry: Callable[[str], None]


def _complete(url: str, part: Path, digits: str, told: _Told, pause: float) -> None:
    """Fetch what is missing of `part` until its hash is right; delete it where it never will be."""
    for resumed in (part.exists(), False):
        with part.open("ab") as file:
            asyncio.run(_Transfer(url, file, told).run(pause))
        with part.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest().startswith(digits.lower()):
                return
        part.unlink()
        if not resumed:
            break
        # What an earlier run left behind may have been of another file: once more from the start.
    raise WeightsRejected(f"What {url} sent does not have the hash {digits}; nothing was kept.")


class _Transfer:
    """One file on its way from a server to the end of an open file."""

    def __init__(self, url: str, file: BinaryIO, told: _Told) -> None:
        self.url = url
        self.file = file
        self.told = told
        self.etag: str | None = None
        self.attempts = ATTEMPTS_TO_REACH

    async def run(self, pause: float) -> None:
        """Fetch what is missing, with retries after faults that may pass."""

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            return 0.0 if isinstance(error, _StartOver) else back_off(state)

        back_off = wait_exponential(pause, LONGEST_PAUSE)
        passing = retry_if_exception_type((_StartOver, aiohttp.ClientError, TimeoutError))
        retrying = AsyncRetrying(
            retry=passing,
            wait=wait,
            stop=lambda state: state.attempt_number >= self.attempts,
            before_sleep=self._tell,
            reraise=True,
        )
        async with aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True) as session:
            try:
                await retrying(self._fetch_or_refuse, session)
            except (_StartOver, aiohttp.ClientError, TimeoutError) as error:
                raise WeightsRejected(
                    f"{self.url} could not be fetched in {self.attempts} attempts "
                    f"({str(error) or type(error).__name__}); call again to go on where it stopped."
                ) from error

    def _tell(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        seconds = state.next_action.sleep if state.next_action else 0.0
        self.told.retry(
            f"attempt {state.attempt_number} of {self.attempts} failed "
            f"({str(error) or type(error).__name__}); the next is in {seconds:.0f} s"
        )

    async def _fetch_or_refuse(self, session: aiohttp.ClientSession) -> None:
        try:
            await self._fetch(session)
        except _StartOver:
            self._drop()
            raise
        except (aiohttp.ClientError, TimeoutError) as error:
            _refuse_if_final(self.url, error)
            raise

    def _drop(self) -> None:
        self.file.truncate(0)
        self.file.seek(0)

    async def _fetch(self, session: aiohttp.ClientSession) -> None:
        have = self.file.tell()
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
            if self.etag:
                headers["If-Range"] = self.etag
        async with session.get(self.url, headers=headers) as response:
            self.attempts = ATTEMPTS
            if (
                response.status == 416
                and response.headers.get("Content-Range") == f"bytes */{have}"
            ):
                return
            if response.status == 416:
                raise _StartOver("it changed while it was sent")
            response.raise_for_status()
            have = self._begin(response, have)
            length = response.content_length
            total = None if length is None else have + length
            async for chunk in response.content.iter_chunked(_CHUNK):
                self.file.write(chunk)
                have += len(chunk)
                if have > MAX_BYTES:
                    raise WeightsRejected(
                        f"{self.url} is larger than any VGG-19; check the address."
                    )
                self.told.progress(have, total)

    def _begin(self, response: aiohttp.ClientResponse, have: int) -> int:
        """Return from which byte on the answer is, and drop what it sends anew."""
        etag = response.headers.get("ETag")
        if response.status == 206:
            starts = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            if not starts or (self.etag and etag != self.etag):
                raise _StartOver("it changed while it was sent")
        elif have:  # the server knows no ranges, or has another file now
            self._drop()
            have = 0
        self.etag = None if etag is None or etag.startswith("W/") else etag
        return have


def _refuse_if_final(url: str, error: Exception) -> None:
    """Raise WeightsRejected for an answer that will be the same next time."""
    if isinstance(error, aiohttp.InvalidURL):
        raise WeightsRejected(f"{url} is no address.") from error
    if isinstance(error, aiohttp.ClientResponseError):
        again = error.status in (408, 425, 429) or error.status >= 500
        if not again:
            raise WeightsRejected(f"{url} answered {error.status} {error.message}.") from error
