"""The worker registry, and what is accepted from a worker."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bot.executors.checks import LONGEST_SENTENCE
from bot.executors.contract import PaintOrder, WorkerState
from bot.executors.nats import wire
from bot.executors.nats.registry import MOST_NAMESAKES, MOST_WORKERS, WorkerRegistry
from engine.errors import LONGEST, Wording
from engine.request import PaintSettings
from tests.bot.outcomes import OUTCOME

HEARTBEAT = wire.WorkerHeartbeat("gpu-1", ("cuda:0",), ("mural",), slots=2, busy=(), rate=0.5)


def test_workers_are_listed_while_their_heartbeats_come() -> None:
    """Workers are listed by name with this bot's jobs; silent ones and those that left are not."""
    now = 100.0
    registry = WorkerRegistry(4.0, lambda: now)
    registry.update(replace(HEARTBEAT, id="z", slots=1))
    now = 103.0
    registry.update(replace(HEARTBEAT, busy=("ours", "another bot's")))
    assert registry.states({"ours": 7}) == (
        WorkerState("gpu-1", ("cuda:0",), slots=2, paintings=2, jobs=(7,), rate=0.5),
        WorkerState("z", ("cuda:0",), slots=1, paintings=0, jobs=(), rate=0.5),
    )
    now = 105.0
    registry.drop_silent()
    assert [state.name for state in registry.states({})] == ["gpu-1"]
    registry.update(replace(HEARTBEAT, slots=0))
    assert registry.states({}) == ()


def test_workers_without_the_preset_do_not_count() -> None:
    """No worker is expected to paint a preset that it does not have, whether idle or busy."""
    nowhere = Path("nowhere")
    order = PaintOrder(7, PaintSettings(preset="gatys"), nowhere, (), nowhere)
    registry = WorkerRegistry(4.0)
    for busy in ((), ("a", "b")):
        registry.update(replace(HEARTBEAT, busy=busy))
        assert registry.choose(order) is None
        assert registry.seconds(order) == float("inf")
    registry.update(replace(HEARTBEAT, id="gpu-2", presets=("mural", "gatys"), busy=("c", "d")))
    assert registry.seconds(order) < float("inf")


def test_no_number_of_names_makes_room() -> None:
    """Heartbeats under ever new names are heard of so many workers only; known ones go on."""
    registry = WorkerRegistry(4.0)
    for number in range(MOST_WORKERS + 10):
        registry.update(replace(HEARTBEAT, id=f"gpu-{number}", slots=1))
    assert registry.slots == MOST_WORKERS
    registry.update(replace(HEARTBEAT, id="gpu-0", slots=2))
    assert registry.slots == MOST_WORKERS + 1


def test_one_name_leaves_room_to_others() -> None:
    """Runs of one name, which is all that a worker's permissions allow, do not fill the list."""
    registry = WorkerRegistry(4.0)
    for number in range(MOST_WORKERS):
        registry.update(replace(HEARTBEAT, id=f"gpu-1.{number}", slots=1))
    assert registry.slots == MOST_NAMESAKES < MOST_WORKERS
    registry.update(replace(HEARTBEAT, id="gpu-1.0", slots=2))
    registry.update(replace(HEARTBEAT, id="gpu-2.0", slots=1))
    assert registry.slots == MOST_NAMESAKES + 2


def test_devices_are_cleaned() -> None:
    """The name of a device mentions nobody, formats nothing and is short."""
    registry = WorkerRegistry(4.0)
    registry.update(replace(HEARTBEAT, devices=("<@&1> **cuda:0** @everyone `\u202e" + "x" * 500,)))
    ((device,),) = (state.devices for state in registry.states({}))
    assert device.startswith("cuda:0 everyone xxx")
    assert len(device) <= 60


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "<@1>"},
        {"id": "a b"},
        {"id": "x" * 200},
        {"id": "gpu-1."},
        {"id": "gpu-1.>"},
        {"id": 7},
        {"devices": [7]},
        {"slots": -1},
        {"slots": 65},
        {"slots": "2"},
        {"rate": "fast"},
        {"rate": -1.0},
        {"rate": float("nan")},
        {"rate": float("inf")},
    ],
    ids=str,
)
def test_a_malformed_heartbeat_is_refused(odd: dict[str, object]) -> None:
    """Values that no worker of ours sends raise an error."""
    assert wire.decode(wire.WorkerHeartbeat, wire.encode(HEARTBEAT)) == HEARTBEAT
    with pytest.raises((ValueError, TypeError)):
        wire.decode(wire.WorkerHeartbeat, json.dumps(asdict(HEARTBEAT) | odd).encode())


def test_texts_of_an_outcome_are_cleaned() -> None:
    """Texts that members read mention nobody and are short; values of other types are refused."""
    odd = "<@&1> **VGG** @everyone [here](https://example.org) \u202e" + "x" * 500
    wording = Wording("{name} is {width}.", {"name": odd, "width": 7})
    painted = replace(
        OUTCOME, preset=odd, weights=odd, device=odd, precision=odd, wordings=(wording,)
    )
    sent = wire.Outcome("key", "worker", "failed", odd, painted, wording)
    read = wire.decode(wire.Outcome, wire.encode(sent))
    assert read.painted is not None
    painting = read.painted
    texts = painting.preset, painting.weights, painting.device, painting.precision
    filled = [str(one.values["name"]) for one in (read.wording, *painting.wordings) if one]
    assert len(filled) == 2
    for text in (read.sentence, *texts, *filled):
        assert text.startswith("VGG everyone here (")
        assert not set("<>*@[]\u202e") & set(text)
        assert "://" not in text
        assert len(text) <= LONGEST_SENTENCE
    for wrong in ({"seconds": "long"}, {"width": None}, {"weights": 7}):
        said = json.dumps({**asdict(sent), "painted": asdict(painted) | wrong}).encode()
        with pytest.raises(wire.UNREADABLE):
            wire.decode(wire.Outcome, said)
    older = {name: value for name, value in asdict(sent).items() if name != "wording"}
    assert wire.decode(wire.Outcome, json.dumps(older).encode()).wording is None
    for values in ({"name": "x" * LONGEST * 2}, {"name": 2**80}, {"name": [1]}, [1]):
        said = json.dumps(older | {"wording": {"template": "{name}", "values": values}}).encode()
        with pytest.raises(wire.UNREADABLE):
            wire.decode(wire.Outcome, said)
