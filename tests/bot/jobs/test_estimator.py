"""Predictions start out sane and follow what paintings really take."""

import pytest

from bot.executors.rates import START_RATES
from bot.jobs.estimator import DECODING_RATE, Estimator, PaintingKind

MURAL = PaintingKind("mural", 20.0)


def learned(*paintings: tuple[PaintingKind, float], device: str = "cpu") -> Estimator:
    """An estimator for "cpu" that has seen these paintings."""
    estimator = Estimator("cpu")
    for kind, seconds in paintings:
        estimator.learn(kind, device, seconds)
    return estimator


def test_start_values_depend_on_the_device() -> None:
    """Before anything is learned, a GPU is expected to be much faster than a CPU."""
    on_gpu, on_cpu = (Estimator(device).predict(MURAL) for device in ("cuda:0 (H100)", "cpu"))
    assert on_gpu / on_cpu == pytest.approx(START_RATES["cuda"] / START_RATES["cpu"])


def test_one_painting_outweighs_the_start_values() -> None:
    """After one painting, the same painting is predicted to take as long."""
    assert learned((MURAL, 42.0)).predict(MURAL) == pytest.approx(42.0)


def test_more_work_takes_longer() -> None:
    """From one painting, another of twice the work is predicted to take twice as long."""
    assert learned((MURAL, 42.0)).predict(PaintingKind("mural", 40.0)) == pytest.approx(84.0)


def test_paintings_of_the_same_kind_tell_most() -> None:
    """Three paintings of one kind decide, whatever other kinds would suggest."""
    large = PaintingKind("mural", 80.0)
    estimator = learned(*[(MURAL, 10.0)] * 5, *[(large, 100.0)] * 3)
    assert estimator.predict(large) == 100.0
    assert estimator.predict(MURAL) == 10.0


def test_an_outlier_does_no_harm() -> None:
    """One painting that took ages, because the machine was busy, does not move the median."""
    estimator = learned(*[(MURAL, 10.0)] * 2, (MURAL, 1000.0), *[(MURAL, 10.0)] * 2)
    assert estimator.predict(MURAL) == 10.0


def test_other_presets_help_a_new_one() -> None:
    """A preset never painted here is predicted from the others, not from the start values."""
    seconds = learned((PaintingKind("draft", 3.0), 1.0)).predict(PaintingKind("gatys", 3.0))
    assert seconds == pytest.approx(1.0)


def test_other_devices_say_nothing() -> None:
    """Paintings on another device are not taken for this one's."""
    assert learned((MURAL, 1.0), device="cuda:0").predict(MURAL) == Estimator("cpu").predict(MURAL)


def test_old_paintings_fade() -> None:
    """When the machine becomes faster, predictions follow after some paintings."""
    assert learned(*[(MURAL, 60.0)] * 100, *[(MURAL, 6.0)] * 10).predict(MURAL) == 6.0


def test_decoding_counts_too() -> None:
    """A tiny canvas of a large photograph takes the seconds of its decoding."""
    seconds = learned((MURAL, 42.0)).predict(PaintingKind("mural", 0.001, decoded=50.0))
    assert seconds == pytest.approx(50 * DECODING_RATE, rel=0.01)
