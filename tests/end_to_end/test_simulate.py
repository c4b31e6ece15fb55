"""`muralscape simulate` as a newcomer runs it: the real bot, the real engine, one command."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from engine.samples import CONTENTS, STYLES
from tests.end_to_end.test_run import output_of, start

PROGRAM = [sys.executable, "-u", "-c", "from bot.cli import main; main()", "simulate"]


@asynccontextmanager
async def simulate(*options: str, **environment: str) -> AsyncIterator[Process]:
    """Run the command until the block ends."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, *options, stdout=PIPE, stderr=PIPE, env={**os.environ, **environment}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def said(process: Process, what: str) -> str:
    """Wait for a line of its output that has `what` in it."""
    assert process.stdout is not None
    async with asyncio.timeout(120):
        async for line in process.stdout:
            if what in line.decode():
                return line.decode()
    raise AssertionError(f"it never said {what!r}")


async def answer(page: aiohttp.ClientSession, text: str) -> dict[str, Any]:
    """Wait for a message with this text."""
    async with asyncio.timeout(120):
        while True:
            async with page.get("/sim/messages") as messages:
                for message in await messages.json():
                    if text in message["content"]:
                        found: dict[str, Any] = message
                        return found
            await asyncio.sleep(0.1)


def left_behind(processes: list[psutil.Process], folder: Path) -> list[object]:
    """List the processes that do not end and the files that were not deleted.

    The locks of `engine.sharing` stay: to delete one could be to delete another process's.
    """
    _, alive = psutil.wait_procs(processes, timeout=120)
    return [*alive, *(file for file in folder.glob("muralscape-*") if file.suffix != ".lock")]


async def a_bot_connects(page: aiohttp.ClientSession) -> None:
    """Wait until a bot is connected to the loopback Discord."""
    async with asyncio.timeout(120):
        while True:
            async with page.get("/sim/state") as state:
                if (await state.json())["bot"]["connected"]:
                    return
            await asyncio.sleep(0.05)


async def test_paints_and_stops(tmp_path: Path) -> None:
    """It says its address, paints a sample pair, and leaves nothing behind at Ctrl-C."""
    # A token and an address of a real Discord must not lead the bot there.
    async with simulate(
        "--port", "0", TMPDIR=str(tmp_path), MURALSCAPE_DISCORD__API_BASE="https://discord.test"
    ) as process:
        address = (await said(process, "http://127.0.0.1:")).split()[-1]
        assert "/muralize" in await said(process, "Bot")
        assert "cpu" in await said(process, "Engine")
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        async with aiohttp.ClientSession(address) as page:
            async with page.get("/") as home:
                assert "<title>" in await home.text()
            form = aiohttp.FormData({"command": "muralize", "preset": "draft", "size": "64"})
            form.add_field("content", CONTENTS[0].path.read_bytes(), filename="content.jpg")
            form.add_field("style", STYLES[0].path.read_bytes(), filename="style.jpg")
            async with page.post("/sim/commands", data=form) as accepted:
                assert accepted.status == 202
            message = await answer(page, "Final loss")
            assert message["attachments"][0]["width"] == 64
        process.send_signal(signal.SIGINT)
        output, errors = await asyncio.wait_for(process.communicate(), 120)
        assert (process.returncode, errors) == (0, b"")
        assert b"Stopped." in output
        assert left_behind(children, tmp_path) == []


async def test_port_taken() -> None:
    """A port that is taken is one line, not a traceback."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with simulate("--port", str(port)) as process:
            _, errors = await asyncio.wait_for(process.communicate(), 120)
            assert process.returncode == 2
            assert errors.decode() == (
                f"muralscape: port {port} is taken; name another with --port, or 0 for any "
                "that is free\n"
            )


@pytest.mark.slow
async def test_a_bot_elsewhere(tmp_path: Path) -> None:
    """With --no-bot it prints the settings with which a bot of its own process connects."""
    async with simulate("--no-bot", "--port", "0") as process:
        assert process.stdout is not None
        await said(process, "a loopback Discord")
        lines = [(await process.stdout.readline()).decode().strip() for _ in range(3)]
        given = dict(line.split("=", 1) for line in lines)
        bot = await start(
            **{name.removeprefix("MURALSCAPE_"): value for name, value in given.items()},
            DATA_DIR=str(tmp_path),
            LOG__FORMAT="text",
        )
        async with aiohttp.ClientSession(
            given["MURALSCAPE_DISCORD__API_BASE"][: -len("/api/v10")]
        ) as page:
            await a_bot_connects(page)
        bot.send_signal(signal.SIGTERM)
        assert b"Traceback" not in await output_of(bot)
        assert bot.returncode == 0
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
