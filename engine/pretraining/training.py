"""The training of a classifier: one loop, and everything that it needs to go on after a stop."""

import copy
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
from engine.pretraining.network import Classifier, Start
from engine.pretraining.shards import Dataset
from engine.pretraining.trained import CHECKPOINT, Trained, read_trained, write_trained

SECONDS_PER_CHECKPOINT = 60.0
MEASURED_AT_ONCE = 256  # pictures
STARTED_WITH = 256  # pictures that the normalisation of given convolutions is set by


@dataclass(frozen=True)
class Watch:
    """Callbacks that are told how far a training is."""

    on_step: Callable[[int], None] = lambda done: None
    on_epoch: Callable[[Epoch], None] = lambda epoch: None


def train(
    dataset: Dataset,
    validation: Dataset | None,
    course: Course,
    device: Device,
    folder: Path,
    *,
    start: Start | None = None,
    resume: bool = False,
    watch: Watch | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Trained:
    """Train, with a checkpoint in `folder` every minute and where it is interrupted.

    `start` are the convolutions to begin with; without them they are drawn.
    Randomness depends on the seed and the step alone, so a training that is stopped and resumed
    ends as one that was not, unless the clock ends it. Raises RequestRejected, DatasetRejected,
    CheckpointRejected, OutputRejected, and TrainingFailed where the loss is no longer finite.
    """
    course.check()
    if validation is not None and validation.classes != dataset.classes:
        raise DatasetRejected("The validation pictures are of other classes than the training's.")
    if len(dataset.labels) < course.batch:
        raise DatasetRejected(
            f"There are {len(dataset.labels)} pictures, fewer than a batch of {course.batch}."
        )
    torch.backends.cudnn.benchmark = True  # of few shapes, each met thousands of times
    lesson = _Lesson(dataset, validation, course, device, folder, clock)
    lesson.begin(resume, start)
    try:
        lesson.run(watch or Watch())
    except KeyboardInterrupt:
        lesson.save()
        raise
    lesson.save()
    return lesson.finish()


def accuracy(network: Classifier, dataset: Dataset, size: int, device: Device) -> float:
    """The share of a dataset's pictures of which the network's first choice is the class."""
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
        clock: Callable[[], float],
    ) -> None:
        self._dataset, self._validation = dataset, validation
        self._course, self._device = course, device
        self._folder, self._clock = folder, clock
        self._network = Classifier(len(dataset.classes), course.pooling)
        self._network.initialise(torch.Generator().manual_seed(course.seed))
        self._network.to(device.torch_device).to(memory_format=torch.channels_last)
        self._averaged = copy.deepcopy(self._network)
        both = (network.state_dict().values() for network in (self._averaged, self._network))
        self._means = [pair for pair in zip(*both, strict=True) if pair[0].is_floating_point()]
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
        self._per_epoch = len(dataset.labels) // course.batch
        self._step = 0
        self._seconds = 0.0  # before the last stop
        self._began = self._saved = clock()
        self._epochs: list[Epoch] = []
        self._losses: list[Tensor] = []  # of this epoch

    def begin(self, resume: bool, start: Start | None) -> None:
        """Start afresh in a folder without a training, or go on with the one there."""
        path = self._folder / CHECKPOINT
        if not resume:
            if path.exists():
                raise CheckpointRejected(
                    f"{path} is there already; go on with `--resume`, or name another folder."
                )
            self._folder.mkdir(parents=True, exist_ok=True)
            if start is not None:
                few = self._dataset.pictures[self._order(0)[:STARTED_WITH]]
                shown = plain(few.to(self._device.torch_device), self._course.first_size)
                self._network.start_from(start, shown)
                self._averaged.load_state_dict(self._network.state_dict())
            return
        saved = read_values(path)
        if saved.get("identity") != self._identity():
            raise CheckpointRejected(
                f"{path} is of another training: give the same pictures, options and precision."
            )
        self._network.load_state_dict(saved["network"])
        self._averaged.load_state_dict(saved["averaged"])
        self._optimiser.load_state_dict(saved["optimiser"])
        self._scaler.load_state_dict(saved["scaler"])
        self._step, self._seconds = saved["step"], saved["seconds"]
        self._epochs = [Epoch(**epoch) for epoch in saved["epochs"]]

    def run(self, watch: Watch) -> None:
        """Take all steps that are left."""
        course, here = self._course, self._device.torch_device
        pictures, labels = self._near(self._dataset.pictures), self._dataset.labels.to(here)
        order = self._order(self._step // self._per_epoch).to(here)
        while self._share() < 1:
            epoch, place = divmod(self._step, self._per_epoch)
            if place == 0:
                order = self._order(epoch).to(here)
            chosen = order[place * course.batch : (place + 1) * course.batch]
            batch = pictures[chosen.to(pictures.device)].to(here)
            self._learn(batch, labels[chosen], self._share(0.5))
            self._step += 1
            watch.on_step(self._step)
            if place + 1 == self._per_epoch or self._share() == 1:
                self._end(epoch, watch)
            if self._clock() - self._saved >= SECONDS_PER_CHECKPOINT:
                self.save()

    def _share(self, more: float = 0) -> float:
        """How much is done, 0 to 1, `more` steps from now."""
        return self._course.share_done((self._step + more) / self._per_epoch, self._spent())

    def _learn(self, pictures: Tensor, labels: Tensor, share: float) -> None:
        """One step; its loss is kept on the device, where nobody waits for it."""
        course = self._course
        self._optimiser.param_groups[0]["lr"] = course.rate_at(share)
        self._generator.manual_seed(course.seed * 1_000_003 + self._step)
        shown = augmented(pictures, course.size_at(share), self._generator)
        with _autocast(self._device):
            logits = self._network(shown)
        loss = F.cross_entropy(logits.float(), labels, label_smoothing=course.label_smoothing)
        self._optimiser.zero_grad(set_to_none=True)
        self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self._scaler.step(self._optimiser)
        self._scaler.update()
        self._losses.append(loss.detach())
        kept = course.average_at(self._step)
        for mean, value in self._means:
            mean.lerp_(value, 1 - kept)

    def _end(self, epoch: int, watch: Watch) -> None:
        """Measure and tell an epoch."""
        loss = float(torch.stack(self._losses).mean())
        self._losses = []
        if not math.isfinite(loss):
            raise TrainingFailed(
                f"The loss is no longer finite in epoch {epoch + 1}; "
                "begin again with a lower learning rate."
            )
        right = None
        if self._validation is not None:
            right = accuracy(self._averaged, self._validation, self._course.size, self._device)
        size = self._course.size_at(self._share(-0.5))
        self._epochs.append(Epoch(epoch + 1, size, loss, right, self._spent()))
        watch.on_epoch(self._epochs[-1])

    def save(self) -> None:
        """Write the checkpoint, whole or not at all. Raises OutputRejected."""
        values = {
            "identity": self._identity(),
            "network": self._network.state_dict(),
            "averaged": self._averaged.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "scaler": self._scaler.state_dict(),
            "step": self._step,
            "seconds": self._spent(),
            "epochs": [asdict(epoch) for epoch in self._epochs],
        }
        with written_whole(self._folder / CHECKPOINT) as path:
            torch.save(values, path)
        self._saved = self._clock()

    def finish(self) -> Trained:
        """Write the averaged classifier, and read it back."""
        trained = Trained(
            self._averaged, self._course, tuple(self._epochs), self._dataset.classes,
            len(self._dataset.labels), self._device.precision, self._device.name,
        )  # fmt: skip
        write_trained(trained, self._folder)
        return read_trained(self._folder)

    def _order(self, epoch: int) -> Tensor:
        """The pictures' order in an epoch, (N,); the last few, fewer than a batch, sit out."""
        generator = torch.Generator().manual_seed(self._course.seed * 1_000_003 + epoch)
        return torch.randperm(len(self._dataset.labels), generator=generator)

    def _near(self, pictures: Tensor) -> Tensor:
        """The pictures on a GPU that has room for them, else where they are."""
        if self._device.is_cuda:
            free, _ = torch.cuda.mem_get_info(self._device.torch_device)
            if pictures.nbytes < free / 2:
                return pictures.to(self._device.torch_device)
        return pictures

    def _identity(self) -> list[Any]:
        return [asdict(self._course), self._dataset.fingerprint, self._device.precision]

    def _spent(self) -> float:
        return self._seconds + self._clock() - self._began


def _autocast(device: Device) -> torch.autocast:
    return torch.autocast(
        device.torch_device.type, device.dtype, enabled=device.precision != "fp32"
    )
