"""The host's own check of pictures: a command or a page on this machine that answers yes or no.

It never gets bytes from outside, but a smaller copy that a child process has decoded and encoded
anew. The copy of a moving picture shows some of its frames side by side.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from json import JSONDecodeError

import aiohttp

from bot.errors import Refused
from bot.languages.speech import _, said
from bot.pictures.decoder import Decoder
from bot.pictures.store import PictureStore
from bot.pictures.turns import Owner, Turns
from bot.texts import clean
from engine.environment import for_children
from engine.motion.kinds import animation_ending, video_format

log = logging.getLogger(__name__)

LONG_SIDE = 1024  # pixels of the copy
QUALITY = 90  # of the copy, a JPEG
FRAMES = 16  # of a moving picture
MOST_BYTES = 4096  # of an answer
LONGEST_REASON = 300  # characters
KILL_SECONDS = 5.0  # until a killed command is waited for no longer
YES, NO = 0, 1  # a command's exit codes


class CheckRefused(Refused):
    """The host's picture check does not allow a picture, or gave no answer."""


class CheckFailed(Exception):
    """The check gave no answer; the text says why, for the log."""


@dataclass(frozen=True)
class Verdict:
    """What the check says of a picture; a reason is for the member."""

    allowed: bool
    reason: str = ""


Ask = Callable[[bytes], Awaitable[Verdict]]  # with a JPEG; raises CheckFailed


class HostCheck:
    """Asks about each picture that members send, `at_a_time` of them, in turns for members.

    An answer that takes longer than `seconds` is a failure; then pictures are refused, or let
    through where `pass_on_failure`.
    """

    def __init__(
        self,
        ask: Ask,
        pictures: PictureStore,
        decoder: Decoder,
        *,
        seconds: float,
        pass_on_failure: bool,
        at_a_time: int,
    ) -> None:
        self._ask = ask
        self._pictures = pictures
        self._decoder = decoder
        self._seconds = seconds
        self._pass_on_failure = pass_on_failure
        self._turns = Turns(at_a_time)

    async def check(self, name: str, called: str, owner: Owner) -> None:
        """Ask about a stored picture; messages name it `called`. Raises CheckRefused."""
        async with self._turns.of(owner):
            data = await self._pictures.read(name)
            if video_format(data) or animation_ending(data):
                copy = await self._decoder.sheet(data, LONG_SIDE, QUALITY, FRAMES, owner)
            else:
                copy = await self._decoder.shrink(data, LONG_SIDE, quality=QUALITY, owner=owner)
            try:
                async with asyncio.timeout(self._seconds):
                    verdict = await self._ask(copy)
            except TimeoutError:
                verdict = self._failed(called, f"no answer within {self._seconds:g} s")
            except (CheckFailed, aiohttp.ClientError, OSError) as error:
                verdict = self._failed(called, str(error) or type(error).__name__)
        if not verdict.allowed:
            name, reason = said(called), verdict.reason
            raise CheckRefused(
                _("{name} is not allowed here: {reason}.", name=name, reason=reason)
                if reason
                else _("{name} is not allowed here.", name=name)
            )

    def _failed(self, called: str, why: str) -> Verdict:
        log.warning("the picture check failed: %s", why)
        if not self._pass_on_failure:
            raise CheckRefused(
                _(
                    "{name} could not be checked just now, and unchecked pictures are not painted. "
                    "Try again later.",
                    name=said(called),
                )
            )
        return Verdict(allowed=True)


def command(words: Sequence[str]) -> Ask:
    """Ask a command: the JPEG on its standard input, exit code 0 for yes and 1 for no.

    The first line that it writes is the reason. A command that takes too long is killed, with all
    that it has started.
    """

    async def ask(picture: bytes) -> Verdict:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=for_children(),
            start_new_session=True,
        )
        try:
            written = await _exchange(process, picture)
            code = await process.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await asyncio.shield(_ended(process))
        if code not in (YES, NO):
            raise CheckFailed(f"{words[0]} ended with {code}, which is neither 0 nor 1")
        return Verdict(code == YES, _reason(written.decode(errors="replace")))

    return ask


async def _exchange(process: asyncio.subprocess.Process, picture: bytes) -> bytes:
    """Write the picture and read the answer at the same time, so that neither waits for ever."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process has no pipes")

    async def write(pipe: asyncio.StreamWriter) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it need not read all
            pipe.write(picture)
            await pipe.drain()
        pipe.close()

    _, written = await asyncio.gather(write(process.stdin), _read(process.stdout))
    return written


async def _read(pipe: asyncio.StreamReader) -> bytes:
    """Read to the end, and keep the beginning."""
    kept = b""
    while chunk := await pipe.read(2**16):
        kept += chunk[: MOST_BYTES - len(kept)]
    return kept


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Wait for a killed process to end, which takes reading what it left in its pipe."""
    with contextlib.suppress(TimeoutError):  # a child of it in another session may live on
        async with asyncio.timeout(KILL_SECONDS):
            if process.stdout is not None:
                await _read(process.stdout)
            await process.wait()


def page(address: str) -> Ask:
    """Ask a page on this machine: a POST of the JPEG, answered by JSON such as `{"allowed": true}`.

    A `reason` in it is for the member. Redirects are not followed.
    """

    async def ask(picture: bytes) -> Verdict:
        async with (
            aiohttp.ClientSession(trust_env=False) as session,
            session.post(
                address,
                data=picture,
                headers={"Content-Type": "image/jpeg"},
                allow_redirects=False,
            ) as response,
        ):
            if response.status != 200:
                raise CheckFailed(f"{address} answered {response.status}")
            written = b""
            async for piece in response.content.iter_any():
                written += piece[: MOST_BYTES - len(written)]
                if len(written) == MOST_BYTES:
                    break
        try:
            answer = json.loads(written)
            allowed, reason = answer["allowed"], answer.get("reason", "")
        except (
            JSONDecodeError,
            UnicodeDecodeError,
            RecursionError,
            AttributeError,
            KeyError,
            TypeError,
        ):
            raise CheckFailed(f"{address} answered no JSON with `allowed`") from None
        if not isinstance(allowed, bool):
            raise CheckFailed(f"{address}: `allowed` is neither true nor false")
        return Verdict(allowed, _reason("" if reason is None else str(reason)))

    return ask


def _reason(written: str) -> str:
    first = next(iter(written.strip().splitlines()), "")
    return clean(first)[:LONGEST_REASON].rstrip(" .")
