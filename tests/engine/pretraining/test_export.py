"""From a classifier to weights that paint."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from engine.device import choose_device
from engine.errors import DatasetRejected, TrainingFailed
from engine.pretraining.augment import plain
from engine.pretraining.card import model_card
from engine.pretraining.export import LOUDEST, export, folded, read_photographs
from engine.pretraining.network import Classifier
from engine.pretraining.trained import Trained
from engine.request import PaintSettings, StylizeRequest
from engine.samples import FOLDER
from engine.stylize import stylize
from engine.vgg19 import POOLED, Encoder, pool
from engine.weights import CONVOLUTIONS, Weights, learned_pooling, load

SIDE = 64  # pixels of the photographs here


@pytest.fixture(scope="module")
def photographs() -> tuple[torch.Tensor, ...]:
    """Those of the package, made small."""
    return tuple(
        F.interpolate(photograph.float(), (SIDE, SIDE), mode="area").byte()
        for photograph in read_photographs(FOLDER)
    )


@pytest.fixture(scope="module")
def exported(
    trained: Trained,
    photographs: tuple[torch.Tensor, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> Weights:
    """The weights of the tiny training."""
    path = tmp_path_factory.mktemp("export") / "tiny.safetensors"
    export(trained.network, photographs, path)
    return Weights(path, "tiny")


def test_folding_changes_nothing(trained: Trained, photographs: tuple[torch.Tensor, ...]) -> None:
    """With normalisation folded in, the convolutions give the classifier's own features."""
    picture = plain(photographs[0], SIDE)
    state = folded(trained.network)
    current = picture
    for name, (index, _, _) in CONVOLUTIONS.items():
        weight, bias = state[f"features.{index}.weight"], state[f"features.{index}.bias"]
        current = F.relu(F.conv2d(current, weight, bias, padding=1))
        if name in POOLED:
            current = pool(current, "max")
    with torch.no_grad():
        features = trained.network.eval().features(picture)
    assert features.abs().max() > 0
    assert torch.allclose(current, features, rtol=1e-3, atol=1e-4 * float(features.max()))


def test_mean_activation_is_one(exported: Weights, photographs: tuple[torch.Tensor, ...]) -> None:
    """Painting's own encoder finds a mean of one in nearly all channels, or the loudest allowed."""
    encoder = Encoder(load(exported), choose_device("cpu", "fp32"), "tiny")
    taps = [f"{kind}{name}" for name in CONVOLUTIONS for kind in ("conv", "relu")]
    seen = [encoder(plain(p, SIDE), taps, pooling="max", padding="zeros") for p in photographs]
    for name in CONVOLUTIONS:
        before, after = (torch.stack([f[kind + name] for f in seen]) for kind in ("conv", "relu"))
        means = after.mean((0, 1, 3, 4))
        loudness = before.square().mean((0, 1, 3, 4)).sqrt()
        scaled = ((means - 1).abs() < 0.02) | ((loudness / LOUDEST - 1).abs() < 0.02)
        assert float(means.median()) == pytest.approx(1, abs=0.01)
        assert float(scaled.float().mean()) > 0.9
        assert float(means.max()) < 1.1
        assert float(loudness.max()) < 1.1 * LOUDEST


def test_the_file_is_of_the_usual_size_and_paints(
    exported: Weights, content: Image.Image, style: Image.Image
) -> None:
    """25.9 MB in FP16, and `mural` paints with it."""
    assert 25.8e6 < exported.path.stat().st_size < 26e6
    encoder = Encoder(load(exported), choose_device("cpu", "fp32"), "tiny")
    request = StylizeRequest(content, (style,), PaintSettings(preset="draft", size=48, steps=4))
    painting = stylize(request, encoder)
    assert max(painting.picture.size) == 48


def test_a_channel_that_is_never_reached_does_no_harm(
    photographs: tuple[torch.Tensor, ...], tmp_path: Path
) -> None:
    """A dead channel is counted and stays finite; no picture is needed to reach it."""
    network = Classifier(2)
    network.initialise(torch.Generator().manual_seed(1))
    torch.nn.init.constant_(network.layers[0][1].norm.bias[:3], -50)
    result = export(network, photographs[:2], tmp_path / "dead.safetensors")
    assert result.faint >= 3
    load(Weights(tmp_path / "dead.safetensors", "dead"))


def test_a_channel_that_is_seldom_active_stays_quiet_before_the_relu(
    photographs: tuple[torch.Tensor, ...], tmp_path: Path
) -> None:
    """A mean of one would put it far below zero elsewhere: it is scaled to the limit instead."""
    network = Classifier(2)
    network.initialise(torch.Generator().manual_seed(1))
    torch.nn.init.constant_(network.layers[0][1].norm.bias[:9], -0.5)
    target = tmp_path / "seldom.safetensors"
    result = export(network, photographs, target)
    weights = load(Weights(target, "seldom"))
    weight, bias = (weights[f"features.0.{part}"] for part in ("weight", "bias"))
    answers = [F.conv2d(plain(one, SIDE), weight, bias, padding=1) for one in photographs]
    squares = torch.stack([one.square().mean((0, 2, 3)) for one in answers]).mean(0)
    assert result.capped >= 9
    assert squares[:9].sqrt().tolist() == pytest.approx([LOUDEST] * 9, rel=1e-2)


def test_the_file_says_with_which_pooling_it_learned(exported: Weights, tmp_path: Path) -> None:
    """A training that begins with it needs that; other files learned as torchvision's did."""
    assert learned_pooling(exported) == "max"
    network = Classifier(2, "average")
    network.initialise(torch.Generator().manual_seed(1))
    target = tmp_path / "average.safetensors"
    export(network, read_photographs(FOLDER)[:1], target)
    assert learned_pooling(Weights(target, "average")) == "average"
    assert learned_pooling(Weights(tmp_path / "vgg19.pth", "torchvision's")) == "max"


def test_weights_that_do_not_fit_are_refused(
    photographs: tuple[torch.Tensor, ...], tmp_path: Path
) -> None:
    """A value that FP16 cannot hold ends in a sentence, and no file is left."""
    network = Classifier(2)
    network.initialise(torch.Generator().manual_seed(1))
    torch.nn.init.constant_(network.layers[0][1].norm.weight, float("inf"))
    with pytest.raises(TrainingFailed, match="FP16"):
        export(network, photographs[:1], tmp_path / "large.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_photographs_are_found_or_missed_in_words(tmp_path: Path) -> None:
    """A missing folder and one without pictures are refused; other files are passed over."""
    for folder in (tmp_path / "missing", tmp_path):
        with pytest.raises(DatasetRejected):
            read_photographs(folder)
    (tmp_path / "notes.txt").write_text("no picture")
    Image.new("RGB", (40, 30)).save(tmp_path / "black.png")
    (found,) = read_photographs(tmp_path)
    assert found.shape == (1, 3, 256, 256)


def test_model_card_tells_how_to_make_it_again(
    trained: Trained, photographs: tuple[torch.Tensor, ...], tmp_path: Path
) -> None:
    """Data, recipe, figures, licence, and the commands with this training's options."""
    target = tmp_path / "tiny.safetensors"
    card = model_card(trained, export(trained.network, photographs, target), target, "Materials.")
    for part in (
        "Materials. 96 pictures in 4 classes", "batches of 32", "Top-1", "Licence", "FP32",
        "--epochs 2 --batch 32 --size 16 --first-size 16 --rate 0.02 --pooling max",
    ):  # fmt: skip
        assert part in card
    assert max(len(line) for line in card.splitlines()) <= 110
