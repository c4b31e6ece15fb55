"""What a training ends with: a file of a sixth of a checkpoint's size."""

from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from engine.checkpoint import read_values
from engine.errors import CheckpointRejected
from engine.files import written_whole
from engine.pretraining.course import Course, Epoch
from engine.pretraining.network import Classifier

CHECKPOINT = "checkpoint.pt"  # all that a training goes on from
TRAINED = "trained.pt"


@dataclass(frozen=True)
class Trained:
    """A classifier, with averaged weights, and how it came to be."""

    network: Classifier
    course: Course
    epochs: tuple[Epoch, ...]
    classes: tuple[str, ...]
    pictures: int
    precision: str
    device: str


def write_trained(trained: Trained, folder: Path) -> None:
    """Write a classifier, its convolutions in FP16. Raises OutputRejected."""
    values = {
        "course": asdict(trained.course),
        "classes": list(trained.classes),
        "pictures": trained.pictures,
        "precision": trained.precision,
        "device": trained.device,
        "network": {
            name: value.half() if value.dim() == 4 else value  # (out, in, 3, 3)
            for name, value in trained.network.state_dict().items()
        },
        "epochs": [asdict(epoch) for epoch in trained.epochs],
    }
    with written_whole(folder / TRAINED) as path:
        torch.save(values, path)


def read_trained(folder: Path) -> Trained:
    """Read the classifier of a training that has ended. Raises CheckpointRejected."""
    if (folder / CHECKPOINT).exists() and not (folder / TRAINED).exists():
        raise CheckpointRejected(
            f"The training in {folder} has not ended; finish it with `train --resume`."
        )
    saved = read_values(folder / TRAINED)
    try:
        course = Course(**saved["course"])
        network = Classifier(len(saved["classes"]), course.pooling)
        network.load_state_dict(saved["network"])
        return Trained(
            network, course, tuple(Epoch(**epoch) for epoch in saved["epochs"]),
            tuple(saved["classes"]), saved["pictures"], saved["precision"], saved["device"],
        )  # fmt: skip
    except (KeyError, TypeError, RuntimeError) as error:
        raise CheckpointRejected(f"{folder / TRAINED} is of another version.") from error
