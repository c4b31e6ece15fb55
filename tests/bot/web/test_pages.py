"""The pages of a bot that runs against the simulator."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.settings import LimitSettings, WebSettings
from bot.simulator import Simulator
from bot.web.server import AddressTaken, WebServer
from tests.end_to_end.harness import Bot, all_settled, muralize, running_bot, write
from tests.end_to_end.painters import hold, release

HASTY = LimitSettings(shutdown_seconds=0)


async def get(bot: Bot, page: str) -> tuple[int, str]:
    """Fetch a page of a bot."""
    async with aiohttp.ClientSession() as session, session.get(bot.app.pages.url + page) as answer:
        return answer.status, await answer.text()


async def ready(bot: Bot) -> tuple[int, dict[str, Any]]:
    """Ask whether a bot is ready."""
    status, text = await get(bot, "/readyz")
    return status, json.loads(text)


async def until_ready(bot: Bot, wanted: bool = True) -> dict[str, Any]:
    """Wait until a bot is ready, or is not."""
    async with asyncio.timeout(120):
        while True:
            status, body = await ready(bot)
            assert (status == 200) is body["ready"]
            if body["ready"] is wanted:
                return body
            await asyncio.sleep(0.02)


async def numbers(bot: Bot) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Read /metrics as Prometheus does."""
    _, text = await get(bot, "/metrics")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def number(bot: Bot, name: str, **labels: str) -> float | None:
    """Read one number; None where there is none of that name and labels."""
    return (await numbers(bot)).get((f"muralscape_{name}", tuple(sorted(labels.items()))))


async def until_number(bot: Bot, wanted: float, name: str, **labels: str) -> None:
    """Wait until /metrics has a number: it changes a little after what it counts."""
    async with asyncio.timeout(120):
        while await number(bot, name, **labels) != wanted:  # noqa: ASYNC110 - by its page
            await asyncio.sleep(0.02)


async def test_a_bot_becomes_ready(simulator: Simulator, data_dir: Path) -> None:
    """It is alive at once, and ready when gateway, database and executor are."""
    async with running_bot(simulator, data_dir) as bot:
        assert await get(bot, "/healthz") == (200, '{"alive": true}')
        body = await until_ready(bot)
        assert body["checks"] == {"gateway": "ok", "database": "ok", "executor": "ok"}
        assert 0 <= body["ages"]["database"] < 60
    with pytest.raises(aiohttp.ClientConnectionError):
        await get(bot, "/healthz")


async def test_the_gateway_is_lost(simulator: Simulator, data_dir: Path) -> None:
    """While the gateway is lost the bot says so; then it is ready again, and counts it."""
    seen = asyncio.Event()

    async def once_seen(shard_id: int | None, *, initial: bool = False) -> None:
        await seen.wait()

    async with running_bot(simulator, data_dir) as bot:
        await until_ready(bot)
        assert await number(bot, "gateway_reconnects_total") == 0
        bot.app.client.before_identify_hook = once_seen  # type: ignore[method-assign]
        simulator.gateway.forget()
        await simulator.gateway.close(4000, "Unknown error")
        body = await until_ready(bot, wanted=False)
        seen.set()
        assert body["checks"]["gateway"] == "Discord's gateway is not connected"
        assert body["checks"]["database"] == "ok"
        await until_ready(bot)
        await until_number(bot, 1, "gateway_reconnects_total")
        assert await number(bot, "gateway_connected") == 1


async def test_the_database_does_not_write(simulator: Simulator, data_dir: Path) -> None:
    """A database that takes no writes makes the bot unready, in words."""
    async with running_bot(simulator, data_dir) as bot:
        await until_ready(bot)
        await write(data_dir, "ALTER TABLE alembic_version RENAME TO gone")
        body = await until_ready(bot, wanted=False)
        assert body["checks"]["database"] == "OperationalError; the log says more"


async def test_the_engine_dies(simulator: Simulator, data_dir: Path) -> None:
    """While an engine process that died is replaced the bot says so."""
    async with running_bot(simulator, data_dir) as bot:
        await until_ready(bot)
        (process,) = bot.executor.pids
        await asyncio.create_subprocess_exec("kill", "-9", str(process))
        body = await until_ready(bot, wanted=False)
        assert "engine" in body["checks"]["executor"].lower()
        await until_ready(bot)


async def test_metrics_of_paintings(simulator: Simulator, data_dir: Path) -> None:
    """Two paintings, one refused edit: every number is there and right."""
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir, painter="load_steady") as bot:
        await until_ready(bot)
        simulator.faults.fail(404, 10008, "Unknown Message", method="PATCH", times=1)
        for _ in range(2):
            muralize(simulator)
        await until_number(bot, 1, "jobs_under_way", state="painting", preset="mural")
        release(data_dir)
        await simulator.until(lambda: all_settled(simulator, 2))
        await until_number(bot, 2, "jobs_total", state="done", preset="mural")
        for state in ("queued", "painting", "delivering", "done"):
            assert await number(bot, "jobs_total", state=state, preset="mural") == 2
        assert await number(bot, "jobs_under_way", state="painting", preset="mural") == 0
        assert await number(bot, "queue_length") == 0
        assert await number(bot, "queue_wait_seconds_count") == 2
        assert await number(bot, "painting_seconds_count", preset="mural") == 2
        assert await number(bot, "steps_total", preset="mural") == 40
        assert await number(bot, "steps_per_second", preset="mural") == pytest.approx(80)
        assert await number(bot, "rest_errors_total", status="404", code="10008") == 1
        edits = list(simulator.record.find("PATCH", "/messages/", 200))
        assert await number(bot, "message_edits_total") == len(edits) > 0
        assert (await number(bot, "rest_seconds_count", method="POST") or 0) >= 2
        assert (await number(bot, "event_loop_lag_seconds_count") or 0) >= 0


async def test_a_restart_counts_what_was_left(simulator: Simulator, data_dir: Path) -> None:
    """Jobs of an earlier run are in the gauges, and not counted as new."""
    async with running_bot(simulator, data_dir, painter="load_slow", limits=HASTY) as bot:
        await until_ready(bot)
        muralize(simulator)
        muralize(simulator)
        await bot.until_job(lambda job: job.state == "painting")
        await simulator.until(lambda: len(bot.app.jobs.places()) == 2)
    async with running_bot(simulator, data_dir, painter="load_slow", limits=HASTY) as bot:
        await until_ready(bot)
        await until_number(bot, 1, "jobs_under_way", state="painting", preset="mural")
        assert await number(bot, "jobs_total", state="queued", preset="mural") is None
        assert await number(bot, "queue_length") == 1


ADMIN = ("/healthz", "/readyz", "/metrics")


async def test_health_and_metrics_are_for_this_machine(
    simulator: Simulator, data_dir: Path
) -> None:
    """On the port of the other pages they are not there for other machines, nor behind a proxy."""
    async with running_bot(simulator, data_dir, web=WebSettings(host="0.0.0.0", port=0)) as bot:
        port = bot.app.pages.url.rpartition(":")[2]
        # an address of this machine on a network stands for another machine
        addresses = {f"http://127.0.0.1:{port}": 200, f"http://{own_address()}:{port}": 404}
        async with aiohttp.ClientSession() as session:
            for address, status in addresses.items():
                for page in ADMIN:
                    async with session.get(address + page) as answer:
                        assert answer.status in (status, 503 if status == 200 else status)
            for header in ("X-Forwarded-For", "Forwarded", "Via"):
                given = {header: "127.0.0.1"}
                address = f"http://127.0.0.1:{port}/metrics"
                async with session.get(address, headers=given) as answer:
                    assert answer.status == 404


async def test_a_port_of_their_own(simulator: Simulator, data_dir: Path) -> None:
    """With `web.admin_port` health and metrics are there and nowhere else."""
    async with running_bot(simulator, data_dir, web=WebSettings(port=0, admin_port=0)) as bot:
        public, admin = bot.app.pages.url, bot.app.pages.admin_url
        assert public != admin
        async with aiohttp.ClientSession() as session:
            for page in ADMIN:
                async with session.get(public + page) as answer:
                    assert answer.status == 404
                async with session.get(admin + page) as answer:
                    assert answer.status in (200, 503)
            async with session.get(f"{admin}/gallery/1") as answer:
                assert answer.status == 404
                assert answer.headers["Server"] == "muralscape"


def own_address() -> str:
    """Give an address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no network")
        return str(probe.getsockname()[0])


async def test_an_address_that_is_taken() -> None:
    """The error says which setting to change."""
    first = WebServer("127.0.0.1", 0)
    await first.start()
    second = WebServer("127.0.0.1", int(first.url.rpartition(":")[2]))
    try:
        with pytest.raises(AddressTaken, match=r"Address already in use.*set web\.host"):
            await second.start()
    finally:
        await first.close()
