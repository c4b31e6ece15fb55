"""The check against Discord's API description finds what does not fit it."""

import copy
from typing import Any

import pytest

from bot.simulator import Invocation, Simulator, Upload
from bot.simulator.record import RestCall
from tests.bot.discord_schema import DESCRIPTION, schema_errors
from tests.bot.simulator.conftest import SmallBot
from tests.bot.simulator.test_interactions import said

pytestmark = pytest.mark.skipif(not DESCRIPTION.exists(), reason="Discord's description is absent")


@pytest.fixture
async def calls(simulator: Simulator, bot: SmallBot) -> dict[str, RestCall]:
    """One recorded call for each route of a command's life."""
    files = {"picture": Upload("a.png", b"pixels")}
    simulator.people.invoke(Invocation("echo", user="ada", files=files))
    await simulator.until(lambda: said(simulator, "size 256"))
    return {f"{call.method} {call.route}": copy.deepcopy(call) for call in simulator.record.calls}


async def test_clean_traffic(calls: dict[str, RestCall]) -> None:
    """What discord.py sends and what the simulator answers fits."""
    assert len(calls) >= 6
    assert schema_errors(calls.values()) == []


@pytest.mark.parametrize(
    ("route", "change", "fault"),
    [
        ("POST /webhooks/{webhook_id}/{webhook_token}", {"body": {"content": 5}}, "content"),
        ("POST /webhooks/{webhook_id}/{webhook_token}", {"answer": {"id": "1"}}, "required"),
        ("GET /users/@me", {"status": 302}, "no such status"),
        ("GET /users/@me", {"route": "/users/@them"}, "no such route"),
        ("PUT /applications/{application_id}/commands", {"body": [{"type": 1}]}, "name"),
    ],
)
async def test_faults_are_found(
    calls: dict[str, RestCall], route: str, change: dict[str, Any], fault: str
) -> None:
    """A wrong body, a wrong answer, an unknown status or route is named."""
    call = calls[route]
    for name, value in change.items():
        setattr(call, name, value)
    (found,) = schema_errors([call])
    assert fault in found
