"""Logging: job ids, forms and masked secrets."""

import asyncio
import io
import json
import logging
from collections.abc import Callable

import pytest

from bot.logs import MOST_LINES, FloodFilter, about_job, handler

TOKEN = "MTE0NTkyNDk3NjE4NDk0NDY1.GhYzZk.abcdefghijklmnopqrstuvwxyz0123456789AB"


@pytest.fixture
def logged() -> Callable[..., str]:
    """Log through a handler of ours and return what was written."""

    def write(form: str, log: Callable[[logging.Logger], None], *secrets: str) -> str:
        stream = io.StringIO()
        logger = logging.Logger("test")
        logger.addHandler(handler(form, secrets, stream))
        log(logger)
        return stream.getvalue()

    return write


def test_json_carries_the_job(logged: Callable[..., str]) -> None:
    """Records logged about a job carry its id; others have none."""

    def log(logger: logging.Logger) -> None:
        with about_job("j1"):
            logger.warning("painting %s", "starts")
        logger.warning("idle")

    first, second = map(json.loads, logged("json", log).splitlines())
    assert (first["job"], first["message"], first["level"]) == ("j1", "painting starts", "warning")
    assert "job" not in second


async def test_tasks_keep_the_job(logged: Callable[..., str]) -> None:
    """A task started inside keeps the id when the block has ended."""
    stream = io.StringIO()
    logger = logging.Logger("test")
    logger.addHandler(handler("text", (), stream))

    async def later() -> None:
        await asyncio.sleep(0)
        logger.error("done")

    with about_job("j2"):
        task = asyncio.create_task(later())
    await task
    assert "[j2]: done" in stream.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_are_masked(logged: Callable[..., str], form: str) -> None:
    """Tokens and the signatures of addresses are masked in messages and in tracebacks."""
    interaction = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5MDEy"
    url = "https://cdn.discordapp.com/attachments/1/2/a.png?ex=65af&is=65ad&hm=0a1b2c&format=png"

    ours = "https://murals.example/paintings/1.png?expires=1790000000&signature=5f3759df"

    def log(logger: logging.Logger) -> None:
        logger.info("%s %s %s", TOKEN, url, ours)
        logger.info("%s", {"Authorization": f"Bot {TOKEN}", "url": url.replace("?", "?width=4&")})
        try:
            raise OSError(f"POST /webhooks/123/{interaction}/messages/@original with s3cret")
        except OSError:
            logger.exception("failed")

    text = logged(form, log, "s3cret")
    for secret in (TOKEN, "0a1b2c", "65af", "5f3759df", interaction, "s3cret"):
        assert secret not in text
    assert "format=png" in text
    assert "/webhooks/123/***/messages/@original" in text
    assert "Traceback" in text


def test_a_flood_is_cut_short(logged: Callable[..., str]) -> None:
    """Of a line that comes again and again some hundred are kept a minute, others all.

    The last says that more are left out, and the first of the next minute says how many.
    """

    def log(logger: logging.Logger) -> None:
        for number in range(510_000 // 100):
            logger.error("no descriptors left: %d", number)
        logger.info("something else")

    lines = [json.loads(line) for line in logged("json", log).splitlines()]
    assert len(lines) == MOST_LINES + 1
    assert "left out for up to a minute" in lines[-2]["note"]
    assert "note" not in lines[-1]

    cut = FloodFilter(2)
    for second in (0, 1, 2, 3, 61):
        record = logging.makeLogRecord({"created": 1000.0 + second})
        passed = cut.filter(record)
        assert passed is (second not in (2, 3))
    assert record.__dict__["note"] == "2 lines like this were left out"
