"""A tiny training: four materials, told apart by pattern and colour."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.device import Device, choose_device
from engine.pretraining.course import Course
from engine.pretraining.packing import listing, pack
from engine.pretraining.shards import Dataset, read_shards
from engine.pretraining.trained import Trained, read_trained
from engine.pretraining.training import train

COLOURS = {
    "brick": ((170, 70, 50), (200, 190, 180)),
    "grass": ((60, 140, 40), (110, 190, 70)),
    "sand": ((220, 190, 120), (190, 160, 100)),
    "sky": ((120, 170, 240), (235, 240, 250)),
}
SIDE = 32  # pixels
COURSE = Course(epochs=6, batch=16, size=16, first_size=16, rate=0.02, label_smoothing=0.0)
SHORT = replace(COURSE, epochs=2, batch=32)  # six steps, in which nothing is learned


def material(name: str, dice: np.random.Generator) -> Image.Image:
    """A patch of one of the four materials, in shades and at a scale of its own."""
    down, across = np.mgrid[:SIDE, :SIDE]
    period, shift = dice.integers(3, 7), dice.integers(0, 7)
    pattern = {
        "brick": ((across + shift) // period + (down + shift) // period) % 2 > 0,
        "grass": (across + shift) // period % 2 > 0,
        "sand": dice.random((SIDE, SIDE)) > 0.5,
        "sky": np.sin(across / period + shift) + np.sin(down / period) > 0,
    }[name]
    dark, light = (np.clip(np.add(c, dice.integers(-25, 26, 3)), 0, 255) for c in COLOURS[name])
    return Image.fromarray(np.where(pattern[..., None], dark, light).astype(np.uint8))


def materials(folder: Path, each: int, seed: int) -> Path:
    """Class folders with `each` pictures of every material."""
    dice = np.random.default_rng(seed)
    for name in COLOURS:
        (folder / name).mkdir(parents=True)
        for number in range(each):
            material(name, dice).save(folder / name / f"{number}.png")
    return folder


@dataclass(frozen=True)
class Lesson:
    """What a training is given."""

    training: Dataset
    validation: Dataset
    device: Device


@pytest.fixture(scope="session")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    """96 pictures to learn from and 32 to be measured on."""
    folder = tmp_path_factory.mktemp("materials")
    for name, each in (("training", 24), ("validation", 8)):
        pack(listing(materials(folder / name, each, each)), folder / f"{name}_shards", SIDE)
    return Lesson(
        read_shards(folder / "training_shards"),
        read_shards(folder / "validation_shards"),
        choose_device("cpu", "fp32"),
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, lesson: Lesson) -> Iterator[Path]:
    """The folder of a short training; its checkpoint is large, so it does not stay."""
    folder = tmp_path_factory.mktemp("trained")
    train(lesson.training, lesson.validation, SHORT, lesson.device, folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def trained(folder: Path) -> Trained:
    """The classifier of that training."""
    return read_trained(folder)
