"""The training: that it learns, and that it goes on as if it had not stopped."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.device import choose_device
from engine.errors import CheckpointRejected, DatasetRejected, RequestRejected, TrainingFailed
from engine.pretraining.course import Course
from engine.pretraining.training import CHECKPOINT, Trained, Watch, accuracy, read_trained, train
from tests.engine.pretraining.conftest import COURSE, Lesson

SHORT = replace(COURSE, epochs=2, batch=32)  # six steps


def test_it_learns_to_tell_materials_apart(trained: Trained, lesson: Lesson) -> None:
    """Four materials are told apart far better than by chance, and the loss falls."""
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

    def on_step(self, done: int, total: int) -> None:
        """Interrupt when it is time."""
        if done == self.after:
            raise KeyboardInterrupt


def test_a_training_that_is_stopped_and_resumed_ends_as_one_that_was_not(
    lesson: Lesson, tmp_path: Path
) -> None:
    """Stopped in the middle of an epoch, it ends with the same weights to the bit."""
    whole = train(lesson.training, None, SHORT, lesson.device, tmp_path / "whole")
    stopped = tmp_path / "stopped"
    watch = Watch(on_step=Interrupter(2).on_step)
    with pytest.raises(KeyboardInterrupt):
        train(lesson.training, None, SHORT, lesson.device, stopped, watch=watch)
    with pytest.raises(CheckpointRejected, match="0 of 2 epochs"):
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
        {"epochs": 0}, {"batch": 0}, {"size": 8}, {"first_size": 0}, {"rate": 0.0},
        {"rate": float("nan")}, {"pooling": "median"},
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


def test_pictures_grow_with_the_epochs() -> None:
    """The first share of the epochs is smaller, the last at full size."""
    course = Course(epochs=4, first_size=48, size=64, first_share=0.5)
    assert [course.size_in(epoch) for epoch in range(4)] == [48, 48, 64, 64]
