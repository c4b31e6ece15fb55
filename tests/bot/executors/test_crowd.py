"""What workers say of themselves, and what is made of it."""

import json
from dataclasses import asdict, replace

import pytest

from bot.executors.contract import WorkerState
from bot.executors.nats import wire
from bot.executors.nats.crowd import Crowd
from tests.bot.outcomes import OUTCOME

HELLO = wire.Hello("gpu-1", ("cuda:0",), ("mural",), slots=2, busy=(), rate=0.5)


def test_each_is_listed_while_it_is_heard_of() -> None:
    """By name, with the jobs that are this bot's; who is silent, or has left, is not there."""
    now = 100.0
    crowd = Crowd(4.0, lambda: now)
    crowd.meet(replace(HELLO, id="z", slots=1))
    now = 103.0
    crowd.meet(replace(HELLO, busy=("ours", "another bot's")))
    assert crowd.states({"ours": 7}) == (
        WorkerState("gpu-1", ("cuda:0",), slots=2, paintings=2, jobs=(7,), rate=0.5),
        WorkerState("z", ("cuda:0",), slots=1, paintings=0, jobs=(), rate=0.5),
    )
    now = 105.0
    crowd.forget()
    assert [state.name for state in crowd.states({})] == ["gpu-1"]
    crowd.meet(replace(HELLO, slots=0))
    assert crowd.states({}) == ()


def test_devices_are_cleaned() -> None:
    """What a worker calls its device mentions nobody, formats nothing and is not long."""
    crowd = Crowd(4.0)
    crowd.meet(replace(HELLO, devices=("<@&1> **cuda:0** @everyone `\u202e" + "x" * 500,)))
    ((device,),) = (state.devices for state in crowd.states({}))
    assert device.startswith("cuda:0 everyone xxx")
    assert len(device) <= 60


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "<@1>"},
        {"id": "a b"},
        {"id": "x" * 200},
        {"id": 7},
        {"devices": [7]},
        {"slots": -1},
        {"slots": 10**9},
        {"slots": "2"},
        {"rate": "fast"},
        {"rate": -1.0},
        {"rate": float("nan")},
        {"rate": float("inf")},
    ],
    ids=str,
)
def test_an_odd_worker_is_not_heard(odd: dict[str, object]) -> None:
    """What no worker of ours says of itself is no message."""
    assert wire.decode(wire.Hello, wire.encode(HELLO)) == HELLO
    with pytest.raises((ValueError, TypeError)):
        wire.decode(wire.Hello, json.dumps(asdict(HELLO) | odd).encode())


def test_what_a_worker_says_of_a_painting_is_cleaned() -> None:
    """Members read its weights and its reasons: these mention nobody, and are numbers and short."""
    odd = "<@&1> **VGG** @everyone [here](https://example.org) \u202e" + "x" * 500
    painted = replace(OUTCOME, preset=odd, weights=odd, device=odd, precision=odd)
    sent = wire.Outcome("key", "worker", "failed", odd, painted)
    read = wire.decode(wire.Outcome, wire.encode(sent))
    assert read.painted is not None
    painting = read.painted
    texts = painting.preset, painting.weights, painting.device, painting.precision
    for text in (read.sentence, *texts):
        assert text.startswith("VGG everyone here (")
        assert not set("<>*@[]\u202e") & set(text)
        assert "://" not in text
        assert len(text) <= wire.LONGEST_SENTENCE
    for wrong in ({"seconds": "long"}, {"width": None}, {"weights": 7}):
        said = json.dumps({**asdict(sent), "painted": asdict(painted) | wrong}).encode()
        with pytest.raises(wire.UNREADABLE):
            wire.decode(wire.Outcome, said)
