"""The training: that it learns, and that it goes on as if it had not stopped."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.device import choose_device
from engine.errors import CheckpointRejected, DatasetRejected, RequestRejected, TrainingFailed
from engine.pretraining.augment import plain
from engine.pretraining.course import Course
from engine.pretraining.network import Classifier, Start
from engine.pretraining.trained import CHECKPOINT, read_trained
from engine.pretraining.training import Watch, accuracy, train
from engine.vgg19 import Encoder
from engine.weights import bundled, learned_pooling, load
from tests.engine.pretraining.conftest import COURSE, SHORT, Lesson


@pytest.mark.slow
def test_it_learns_to_tell_materials_apart(lesson: Lesson, tmp_path: Path) -> None:
    """Four materials are told apart far better than by chance, and the loss falls."""
    trained = train(lesson.training, lesson.validation, COURSE, lesson.device, tmp_path)
    assert [epoch.number for epoch in trained.epochs] == [1, 2, 3, 4, 5, 6]
    measured = trained.epochs[-1].accuracy
    assert measured is not None
    assert measured >= 0.75
    assert trained.epochs[-1].loss < trained.epochs[0].loss / 2
    again = accuracy(trained.network, lesson.validation, COURSE.size, lesson.device)
    assert again == measured


class Interrupter:
    """Somebody who presses Ctrl-C after some steps."""

    def __init__(self, after: int) -> None:
        self.after = after

    def on_step(self, done: int) -> None:
        """Interrupt when it is time."""
        if done == self.after:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_training_that_is_stopped_and_resumed_ends_as_one_that_was_not(
    lesson: Lesson, tmp_path: Path
) -> None:
    """Stopped in the middle of an epoch, it ends with the same weights to the bit."""
    whole = train(lesson.training, None, SHORT, lesson.device, tmp_path / "whole")
    stopped = tmp_path / "stopped"
    watch = Watch(on_step=Interrupter(2).on_step)
    with pytest.raises(KeyboardInterrupt):
        train(lesson.training, None, SHORT, lesson.device, stopped, watch=watch)
    with pytest.raises(CheckpointRejected, match="has not ended"):
        read_trained(stopped)
    resumed = train(lesson.training, None, SHORT, lesson.device, stopped, resume=True)
    for one, other in zip(
        whole.network.state_dict().values(), resumed.network.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)
    assert [epoch.number for epoch in resumed.epochs] == [1, 2]
    _refused(lesson, stopped)


def _refused(lesson: Lesson, folder: Path) -> None:
    """A second training in the folder, another's options, other pictures, a damaged file."""
    with pytest.raises(CheckpointRejected, match="--resume"):
        train(lesson.training, None, SHORT, lesson.device, folder)
    for dataset, course in (
        (lesson.training, replace(SHORT, rate=0.5)),
        (replace(lesson.training, fingerprint="others"), SHORT),
    ):
        with pytest.raises(CheckpointRejected, match="another training"):
            train(dataset, None, course, lesson.device, folder, resume=True)
    (folder / CHECKPOINT).write_bytes(b"spoilt")
    with pytest.raises(CheckpointRejected, match="damaged"):
        train(lesson.training, None, SHORT, lesson.device, folder, resume=True)


def test_nothing_to_resume(lesson: Lesson, tmp_path: Path) -> None:
    """Resuming where nothing was begun says so."""
    with pytest.raises(CheckpointRejected, match="no checkpoint"):
        train(lesson.training, None, SHORT, lesson.device, tmp_path, resume=True)


def test_bad_options_are_refused(lesson: Lesson, tmp_path: Path) -> None:
    """Nonsense is one sentence, before anything is trained."""
    for change in (
        {"epochs": 0}, {"minutes": 0.0}, {"batch": 0}, {"size": 8}, {"first_size": 0},
        {"rate": 0.0}, {"rate": float("nan")}, {"pooling": "median"},
    ):  # fmt: skip
        with pytest.raises(RequestRejected):
            train(lesson.training, None, replace(SHORT, **change), lesson.device, tmp_path)
    with pytest.raises(DatasetRejected, match="fewer than a batch"):
        train(lesson.training, None, replace(SHORT, batch=97), lesson.device, tmp_path)
    strangers = replace(lesson.validation, classes=("a", "b", "c", "d"))
    with pytest.raises(DatasetRejected, match="other classes"):
        train(lesson.training, strangers, SHORT, lesson.device, tmp_path)


def test_a_loss_that_explodes_ends_the_training(lesson: Lesson, tmp_path: Path) -> None:
    """A learning rate far too high is told in a sentence, not trained on to the end."""
    mad = replace(SHORT, rate=1e30)
    with pytest.raises(TrainingFailed, match="lower learning rate"):
        train(lesson.training, None, mad, lesson.device, tmp_path)


def test_bf16_trains_too(lesson: Lesson, tmp_path: Path) -> None:
    """One epoch in BF16 gives finite weights."""
    few = replace(
        lesson.training, pictures=lesson.training.pictures[::6], labels=lesson.training.labels[::6]
    )
    course = Course(epochs=1, batch=8, size=16, first_size=16, rate=0.01, pooling="average")
    result = train(few, None, course, choose_device("cpu", "bf16"), tmp_path)
    assert all(bool(p.isfinite().all()) for p in result.network.parameters())


@pytest.mark.gpu
def test_fp16_on_a_graphics_card_learns(lesson: Lesson, tmp_path: Path) -> None:
    """The same four materials are learned in FP16 with a loss scale."""
    result = train(
        lesson.training, lesson.validation, COURSE, choose_device("cuda", "fp16"), tmp_path
    )
    measured = result.epochs[-1].accuracy
    assert measured is not None
    assert measured >= 0.75


def test_the_rate_goes_up_and_down() -> None:
    """One cycle: from nothing to the peak in a tenth of the steps, then down to nothing."""
    course = Course(rate=0.4)
    assert course.rate_at(0) == 0
    assert course.rate_at(course.warm_up) == pytest.approx(0.4)
    assert course.rate_at(1) == pytest.approx(0)
    falling = [course.rate_at(0.1 + share / 10) for share in range(10)]
    assert falling == sorted(falling, reverse=True)


def test_pictures_grow_with_the_training() -> None:
    """The first share of it is smaller, the last at full size."""
    course = Course(first_size=48, size=64, first_share=0.5)
    assert [course.size_at(share) for share in (0, 0.49, 0.5, 1)] == [48, 48, 64, 64]


def test_averages_are_of_few_steps_at_first() -> None:
    """What stays at a step grows to its limit, so that random weights are soon forgotten."""
    course = Course(average=0.99)
    assert course.average_at(0) == 0.1
    assert course.average_at(90) == pytest.approx(0.91)
    assert course.average_at(10_000) == 0.99


class Clock:
    """Seconds that go by only where a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """The seconds now."""
        return self.now

    def on_step(self, done: int) -> None:
        """A step took a minute."""
        self.now = 60.0 * done


def test_the_clock_ends_a_training_with_its_whole_cycle(lesson: Lesson, tmp_path: Path) -> None:
    """Of six steps four fit into the minutes: the second epoch is a part, and the rate is down."""
    clock = Clock()
    result = train(
        lesson.training, None, replace(SHORT, minutes=4), lesson.device, tmp_path,
        watch=Watch(on_step=clock.on_step), clock=clock,
    )  # fmt: skip
    assert [(epoch.number, epoch.seconds) for epoch in result.epochs] == [(1, 180), (2, 240)]
    assert read_trained(tmp_path).epochs == result.epochs
    assert SHORT.share_done(epochs=1, seconds=0) == 0.5
    assert replace(SHORT, minutes=4).share_done(epochs=1, seconds=180) == 0.75


@pytest.mark.slow
def test_a_checkpoint_is_written_every_minute(lesson: Lesson, tmp_path: Path) -> None:
    """A training that is killed goes on from the last whole minute."""
    clock = Clock()

    def killed(done: int) -> None:
        clock.on_step(done)
        if done == 3:
            raise SystemExit

    with pytest.raises(SystemExit):
        train(
            lesson.training, None, SHORT, lesson.device, tmp_path,
            watch=Watch(on_step=killed), clock=clock,
        )  # fmt: skip
    steps: list[int] = []
    train(
        lesson.training, None, SHORT, lesson.device, tmp_path,
        resume=True, watch=Watch(on_step=steps.append),
    )  # fmt: skip
    assert steps == [3, 4, 5, 6]


@torch.no_grad()
def test_it_starts_from_given_weights(lesson: Lesson) -> None:
    """With the pooling they learned with the features stay; with the other no channel dies."""
    learned = learned_pooling(bundled())
    start = Start(load(bundled()), learned)
    shown = plain(lesson.training.pictures, 32)
    expected = Encoder(start.state, lesson.device, "bundled")(
        shown[:2], ["relu5_1"], pooling=learned, padding="zeros"
    )["relu5_1"]
    network = Classifier(4, learned).eval()
    network.start_from(start, shown)
    assert torch.allclose(network.features(shown[:2]), expected, atol=1e-2)
    assert float(expected.max()) > 1
    other = Classifier(4, "max" if learned == "average" else "average").eval()
    other.start_from(start, shown)
    theirs, ours = (net.features(shown).mean((0, 2, 3)) for net in (network, other))
    assert float((ours > theirs / 4).float().mean()) > 0.95
