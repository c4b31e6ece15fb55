"""The training of a classifier: one loop, and everything that it needs to go on after a stop."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.checkpoint import read_values
from engine.device import Device
from engine.errors import CheckpointRejected, DatasetRejected, TrainingFailed
from engine.files import written_whole
from engine.pretraining.augment import augmented, plain
from engine.pretraining.course import Course, Epoch
from engine.pretraining.network import Classifier
from engine.pretraining.shards import Dataset

CHECKPOINT = "checkpoint.pt"
MEASURED_AT_ONCE = 256  # pictures


@dataclass(frozen=True)
class Trained:
    """A classifier and how it came to be."""

    network: Classifier
    course: Course
    epochs: tuple[Epoch, ...]
    classes: tuple[str, ...]
    pictures: int
    precision: str
    device: str


@dataclass(frozen=True)
class Watch:
    """Callbacks that are told how far a training is."""

    on_step: Callable[[int, int], None] = lambda done, total: None
    on_epoch: Callable[[Epoch], None] = lambda epoch: None


def train(
    dataset: Dataset,
    validation: Dataset | None,
    course: Course,
    device: Device,
    folder: Path,
    *,
    resume: bool = False,
    watch: Watch | None = None,
) -> Trained:
    """Train, with a checkpoint in `folder` after every epoch and where it is interrupted.

    Randomness depends on the seed and the step alone, so a training that is stopped and resumed
    ends as one that was not. Raises RequestRejected, DatasetRejected, CheckpointRejected,
    OutputRejected, and TrainingFailed where the loss is no longer finite.
    """
    course.check()
    if validation is not None and validation.classes != dataset.classes:
        raise DatasetRejected("The validation pictures are of other classes than the training's.")
    if len(dataset.labels) < course.batch:
        raise DatasetRejected(
            f"There are {len(dataset.labels)} pictures, fewer than a batch of {course.batch}."
        )
    lesson = _Lesson(dataset, validation, course, device, folder)
    lesson.begin(resume)
    try:
        lesson.run(watch or Watch())
    except KeyboardInterrupt:
        lesson.save()
        raise
    return lesson.trained()


def read_trained(folder: Path) -> Trained:
    """Read the classifier of a training that has ended. Raises CheckpointRejected."""
    saved = read_values(folder / CHECKPOINT)
    try:
        course = Course(**saved["course"])
        network = Classifier(len(saved["classes"]), course.pooling)
        network.load_state_dict(saved["network"])
        epochs = tuple(Epoch(**epoch) for epoch in saved["epochs"])
        trained = Trained(
            network, course, epochs, tuple(saved["classes"]), saved["pictures"],
            saved["precision"], saved["device"],
        )  # fmt: skip
    except (KeyError, TypeError, RuntimeError) as error:
        raise CheckpointRejected(f"{folder / CHECKPOINT} is of another version.") from error
    if len(epochs) < course.epochs:
        raise CheckpointRejected(
            f"The training in {folder} has done {len(epochs)} of {course.epochs} epochs; "
            "finish it with `train --resume`."
        )
    return trained


def accuracy(network: Classifier, dataset: Dataset, size: int, device: Device) -> float:
    """The share of a dataset's pictures whose class is the network's first choice."""
    network.eval()
    right = 0
    with torch.no_grad():
        for start in range(0, len(dataset.labels), MEASURED_AT_ONCE):
            chunk = slice(start, start + MEASURED_AT_ONCE)
            pictures = plain(dataset.pictures[chunk].to(device.torch_device), size)
            with _autocast(device):
                best = network(pictures).argmax(1).cpu()
            right += int((best == dataset.labels[chunk]).sum())
    network.train()
    return right / len(dataset.labels)


class _Lesson:
    """One training: what changes with every step, and what is saved of it."""

    def __init__(
        self,
        dataset: Dataset,
        validation: Dataset | None,
        course: Course,
        device: Device,
        folder: Path,
    ) -> None:
        self._dataset, self._validation = dataset, validation
        self._course, self._device = course, device
        self._path = folder / CHECKPOINT
        self._network = Classifier(len(dataset.classes), course.pooling)
        self._network.initialise(torch.Generator().manual_seed(course.seed))
        self._network.to(device.torch_device).to(memory_format=torch.channels_last)
        self._optimiser = torch.optim.SGD(
            self._network.parameters(),
            course.rate,
            course.momentum,
            weight_decay=course.weight_decay,
            nesterov=True,
        )
        self._scaler = torch.amp.GradScaler(
            device.torch_device.type, enabled=device.precision == "fp16"
        )
        self._generator = torch.Generator(device.torch_device)
        self._step = 0
        self._seconds = 0.0  # before the last stop
        self._began = time.monotonic()
        self._epochs: list[Epoch] = []

    def begin(self, resume: bool) -> None:
        """Start afresh in a folder without a training, or go on with the one there."""
        if not resume:
            if self._path.exists():
                raise CheckpointRejected(
                    f"{self._path} is there already; go on with `--resume`, or name another folder."
                )
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return
        saved = read_values(self._path)
        if saved.get("identity") != self._identity():
            raise CheckpointRejected(
                f"{self._path} is of another training: give the same pictures, options and "
                "precision."
            )
        self._network.load_state_dict(saved["network"])
        self._optimiser.load_state_dict(saved["optimiser"])
        self._scaler.load_state_dict(saved["scaler"])
        self._step, self._seconds = saved["step"], saved["seconds"]
        self._epochs = [Epoch(**epoch) for epoch in saved["epochs"]]

    def run(self, watch: Watch) -> None:
        """Take all steps that are left."""
        course = self._course
        pictures = self._near(self._dataset.pictures)
        per_epoch = len(self._dataset.labels) // course.batch
        total = per_epoch * course.epochs
        losses: list[Tensor] = []
        order = self._order(self._step // per_epoch)
        while self._step < total:
            epoch, place = divmod(self._step, per_epoch)
            if place == 0:
                order = self._order(epoch)
            chosen = order[place * course.batch : (place + 1) * course.batch]
            self._optimiser.param_groups[0]["lr"] = course.rate_at((self._step + 1) / total)
            batch = pictures[chosen.to(pictures.device)].to(self._device.torch_device)
            labels = self._dataset.labels[chosen].to(self._device.torch_device)
            losses.append(self._learn(batch, labels, course.size_in(epoch)))
            self._step += 1
            watch.on_step(self._step, total)
            if place + 1 == per_epoch:
                self._end(epoch, losses, watch)
                losses = []

    def _learn(self, pictures: Tensor, labels: Tensor, size: int) -> Tensor:
        """One step; returns its loss, which nobody waits for."""
        self._generator.manual_seed(self._course.seed * 1_000_003 + self._step)
        shown = augmented(pictures, size, self._generator)
        with _autocast(self._device):
            logits = self._network(shown)
        loss = F.cross_entropy(logits.float(), labels, label_smoothing=self._course.label_smoothing)
        self._optimiser.zero_grad(set_to_none=True)
        self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self._scaler.step(self._optimiser)
        self._scaler.update()
        return loss.detach()

    def _end(self, epoch: int, losses: list[Tensor], watch: Watch) -> None:
        """Measure, tell and save an epoch."""
        loss = float(torch.stack(losses).mean())
        if not math.isfinite(loss):
            raise TrainingFailed(
                f"The loss is no longer finite in epoch {epoch + 1}; "
                "begin again with a lower learning rate."
            )
        share = None
        if self._validation is not None:
            share = accuracy(self._network, self._validation, self._course.size, self._device)
        size = self._course.size_in(epoch)
        self._epochs.append(Epoch(epoch + 1, size, loss, share, self._spent()))
        self.save()
        watch.on_epoch(self._epochs[-1])

    def save(self) -> None:
        """Write the checkpoint, whole or not at all. Raises OutputRejected."""
        values = {
            "identity": self._identity(),
            "course": asdict(self._course),
            "classes": list(self._dataset.classes),
            "pictures": len(self._dataset.labels),
            "precision": self._device.precision,
            "device": self._device.name,
            "network": self._network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "scaler": self._scaler.state_dict(),
            "step": self._step,
            "seconds": self._spent(),
            "epochs": [asdict(epoch) for epoch in self._epochs],
        }
        with written_whole(self._path) as path:
            torch.save(values, path)

    def trained(self) -> Trained:
        """The classifier, on the CPU."""
        return Trained(
            self._network.cpu(), self._course, tuple(self._epochs), self._dataset.classes,
            len(self._dataset.labels), self._device.precision, self._device.name,
        )  # fmt: skip

    def _order(self, epoch: int) -> Tensor:
        """The pictures' order in an epoch, (N,); the last few, fewer than a batch, sit out."""
        generator = torch.Generator().manual_seed(self._course.seed * 1_000_003 + epoch)
        return torch.randperm(len(self._dataset.labels), generator=generator)

    def _near(self, pictures: Tensor) -> Tensor:
        """The pictures on a graphics card that has room for them, else where they are."""
        if self._device.is_cuda:
            free, _ = torch.cuda.mem_get_info(self._device.torch_device)
            if pictures.nbytes < free / 2:
                return pictures.to(self._device.torch_device)
        return pictures

    def _identity(self) -> list[Any]:
        return [asdict(self._course), self._dataset.fingerprint, self._device.precision]

    def _spent(self) -> float:
        return self._seconds + time.monotonic() - self._began


def _autocast(device: Device) -> torch.autocast:
    return torch.autocast(
        device.torch_device.type, device.dtype, enabled=device.precision != "fp32"
    )
