"""What the benchmarks that calculate are built on: the simulated week, and counted operations."""

import itertools
from collections.abc import Callable
from functools import cache

import pytest
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from bot.jobs.fair_queue import FairQueue
from engine.device import choose_device
from engine.presets import PRESETS
from engine.request import PaintSettings, StylizeRequest
from engine.stylize import stylize
from engine.vgg19 import Encoder
from engine.weights import bundled, load
from tests.benchmarks.capacity import FirstCome, Outcome, Queue, quantile, serve
from tests.benchmarks.demand import WEEK, Ask, week
from tests.benchmarks.operations import operations

BOTH = pytest.mark.parametrize("queue", [FirstCome, FairQueue])
SERVERS, CARDS, SECONDS, SEED = 30, 2, 350.0, 1  # busy most of the time


def serve_small_week(queue: Callable[[], Queue]) -> tuple[list[Ask], Outcome]:
    """Serve the week of a few servers."""
    asks = week(SERVERS, SEED)
    return asks, serve(asks, queue(), CARDS, SECONDS, SEED)


served = cache(serve_small_week)


def test_a_week_is_drawn_by_its_seed() -> None:
    """The same seed gives the same week, another seed another; it is in order and within it."""
    asks = week(SERVERS, SEED)
    assert asks == week(SERVERS, SEED) != week(SERVERS, SEED + 1)
    moments = [ask.at for ask in asks]
    assert moments == sorted(moments)
    assert moments[0] >= 0
    assert moments[-1] < WEEK


@BOTH
def test_every_job_is_served_once(queue: Callable[[], Queue]) -> None:
    """Each job is painted once, after it was asked for, or refused; and so again with the seed."""
    asks, outcome = served(queue)
    done = [one.ask for one in outcome.served]
    assert sorted([*done, *outcome.refused], key=lambda ask: ask.at) == asks
    assert len(set(done)) == len(done)
    assert all(one.wait >= 0 for one in outcome.served)
    assert serve_small_week(queue)[1] == outcome


@BOTH
def test_no_card_is_idle_while_somebody_waits(queue: Callable[[], Queue]) -> None:
    """A card paints one job at a time, and all of them paint all the time while a job waits."""
    _, outcome = served(queue)
    waited = [one for one in outcome.served if one.wait > 0]
    assert len(waited) > len(outcome.served) / 4
    for card in range(CARDS):
        spans = sorted((o.began, o.began + o.seconds) for o in outcome.served if o.card == card)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
        for one in waited:
            busy = sum(
                max(0.0, min(end, one.began) - max(start, one.ask.at)) for start, end in spans
            )
            assert busy == pytest.approx(one.wait)


def test_first_come_is_first_served() -> None:
    """What the fair queue is compared with serves in the order of the asking."""
    _, outcome = served(FirstCome)
    asked = [one.ask.at for one in outcome.served]
    assert asked == sorted(asked)


def test_quantiles() -> None:
    """A quantile is a value that occurred."""
    assert [quantile([3, 1, 2, 4], share) for share in (0.25, 0.5, 0.51, 1.0)] == [1, 2, 3, 4]
    assert quantile([], 0.5) == 0


@pytest.mark.parametrize("preset", PRESETS)
def test_operations_are_those_of_the_engine(preset: str) -> None:
    """The count is that of the convolutions which the engine runs, as torch counts them."""
    encoder = Encoder(load(bundled()), choose_device("cpu", "fp32"), "bundled")
    picture = Image.effect_noise((64, 48), 50).convert("RGB")
    request = StylizeRequest(picture, (picture,), PaintSettings(preset=preset, size=64, steps=4))
    with FlopCounterMode(display=False) as counter:
        stylize(request, encoder)
    counts = counter.get_flop_counts()["Global"]
    run = sum(n for op, n in counts.items() if "convolution" in str(op))
    assert operations(request) == pytest.approx(run, rel=0.05)
