"""What a bot that has a bad day writes to its log."""

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import logs
from bot.simulator import CdnFault, Simulator
from tests.end_to_end.harness import all_settled, muralize, private_answers, running_bot
from tests.end_to_end.test_full_paintings import OPEN, fetch, path_in
from tests.end_to_end.test_painting import result_of

SIGNATURE = re.compile(r"hm=([0-9a-f]{16,})")


@pytest.fixture
def log(simulator: Simulator) -> Iterator[io.StringIO]:
    """What is logged while everything is, at the levels of `muralscape run`."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.set_up("debug", "json", (simulator.world.token,))
    written = io.StringIO()
    root.handlers[:] = [logs.handler("json", (simulator.world.token,), written)]
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_no_secret_in_the_log(simulator: Simulator, data_dir: Path, log: io.StringIO) -> None:
    """Downloads and sends that fail, at level debug, put no token and no signature there."""
    seen: set[str] = set()

    def watch(_: object) -> None:
        for message in simulator.world.messages.values():
            found = json.dumps(simulator.payloads.message(message))
            seen.update(SIGNATURE.findall(found))

    simulator.bus.subscribe(watch)
    async with running_bot(simulator, data_dir):
        simulator.faults.download(CdnFault(filename="lost", status=404))
        lost = muralize(simulator, name="lost.png")
        await simulator.until(lambda: private_answers(simulator, lost))
        simulator.faults.fail(500, 0, "oh no", path="^/webhooks/", times=1)
        asked = muralize(simulator)
        await simulator.until(lambda: all_settled(simulator, 1))
        simulator.faults.fail(401, 50027, "Invalid Webhook Token", path="^/webhooks/")
        late = muralize(simulator)
        await simulator.until(lambda: all_settled(simulator, 2))
        await simulator.gateway.close(4000, "Unknown error")
    written = log.getvalue()
    lines = [json.loads(line) for line in written.splitlines()]
    assert {line["level"] for line in lines} >= {"debug", "info"}
    assert "Invalid Webhook Token" in written
    assert any("job" in line for line in lines)
    assert seen
    for secret in (simulator.world.token, lost.token, asked.token, late.token, *seen):
        assert secret not in written


async def test_no_link_in_the_log(simulator: Simulator, data_dir: Path, log: io.StringIO) -> None:
    """A link to a full painting that is sent at the second try, then opened, is not put there."""
    simulator.limits.accepted_upload = 60_000  # bytes
    simulator.faults.fail(500, 0, "oh no", path="^/webhooks/", method="PATCH", times=1)
    async with running_bot(simulator, data_dir, painter="load_noisy", web=OPEN) as bot:
        message = await result_of(simulator, muralize(simulator))
        path = path_in(message)
        assert (await fetch(bot, path))[0] == 200
        assert (await fetch(bot, path.replace("/1.", "/2.")))[0] == 403
    written = log.getvalue()
    assert "Discord takes no file of this size here" in written
    assert path.partition("signature=")[2] not in written
