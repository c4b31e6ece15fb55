"""Other weights against the bundled ones: `mural` over twelve pairs by the measures of `pictures`,
the grain of flat parts, a sheet to look at, and a linear probe of what their features know.

NEW_WEIGHTS names the other file, BENCHMARK_SIZE the paintings' side. PROBE_TRAIN and
PROBE_VALIDATION name folders of shards (see `engine/pretraining/shards.py`); without them there is
no probe.
"""

import os
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from engine.device import Device
from engine.pretraining.augment import plain
from engine.pretraining.shards import Dataset, read_shards
from engine.request import DEFAULT_PRESET, PaintSettings, StylizeRequest
from engine.stylize import stylize
from engine.vgg19 import Encoder
from engine.weights import bundled, find, load
from tests.benchmarks.measures import content_kept, flattest, grain, style_missed
from tests.benchmarks.pairs import PAIRS
from tests.benchmarks.pictures import SIZE
from tests.benchmarks.sheets import CELL, sheet

SHEET = Path("build/weights.png")
COMPARED = PAIRS[:12]
PROBED = int(os.environ.get("PROBE_PICTURES", "20000"))  # of the training shards, at most
AT_ONCE = 100  # pictures
PENALTY = 1e-3  # on the probe's weights


def run(device: Device) -> dict[str, float]:
    """weights_won_of_12 (better on both measures), their means, and probe accuracies."""
    if "NEW_WEIGHTS" not in os.environ:
        raise SystemExit("Name the weights to compare: NEW_WEIGHTS=new.safetensors ...")
    encoders = {
        name: Encoder(load(weights), device, name)
        for name, weights in (("old", bundled()), ("new", find(os.environ["NEW_WEIGHTS"])))
    }
    figures = _pictures(encoders)
    if "PROBE_TRAIN" in os.environ:
        shards = [
            read_shards(Path(os.environ[f"PROBE_{part}"])) for part in ("TRAIN", "VALIDATION")
        ]
        for name, encoder in encoders.items():
            figures[f"weights_probe_{name}"] = probe(encoder, *shards)
            print(
                f"{name} weights: a linear probe is right in {figures[f'weights_probe_{name}']:.1%}"
            )
    return figures


def _pictures(encoders: dict[str, Encoder]) -> dict[str, float]:
    rows: list[tuple[str, dict[str, Image.Image]]] = []
    figures: dict[str, float] = {f"weights_won_of_{len(COMPARED)}": 0}
    for pair in COMPARED:
        content, style = pair.pictures()
        request = StylizeRequest(content, (style,), PaintSettings(preset=DEFAULT_PRESET, size=SIZE))
        paintings = {name: stylize(request, encoder).picture for name, encoder in encoders.items()}
        kept = {name: content_kept(painting, content) for name, painting in paintings.items()}
        missed = {name: style_missed(painting, style) for name, painting in paintings.items()}
        woven = {name: grain(painting) for name, painting in paintings.items()}
        won = kept["new"] > kept["old"] and missed["new"] < missed["old"]
        figures[f"weights_won_of_{len(COMPARED)}"] += won
        print(pair.name)
        for name in paintings:
            print(
                f"{name}: content {kept[name]:.3f}  style {missed[name]:.4f}  "
                f"grain {woven[name]:.4f}"
            )
            for measure, value in (
                ("content", kept[name]), ("style", missed[name]), ("grain", woven[name]),
            ):  # fmt: skip
                key = f"weights_{measure}_{name}"
                figures[key] = figures.get(key, 0.0) + value / len(COMPARED)
        print(f"the new weights are better in content and style: {won}\n", flush=True)
        box = flattest(paintings["old"], min(CELL, *paintings["old"].size))
        flat = {f"{name}, flat": painting.crop(box) for name, painting in paintings.items()}
        rows.append((pair.name, {"content": content, "style": style, **paintings, **flat}))
        SHEET.parent.mkdir(exist_ok=True)
        sheet(rows).save(SHEET)
    print(f"Both side by side, and their flattest parts at full size: {SHEET}.")
    return figures


def probe(encoder: Encoder, training: Dataset, validation: Dataset) -> float:
    """The accuracy of a linear classifier on the mean of relu5_1, on the validation pictures.

    The features stay as they are, so both files meet the same test (Alain and Bengio, arXiv
    1610.01644).
    """
    chosen = torch.randperm(len(training.labels), generator=torch.Generator().manual_seed(0))
    chosen = chosen[:PROBED]
    known, labels = _features(encoder, training.pictures[chosen]), training.labels[chosen]
    unknown = _features(encoder, validation.pictures)
    mean, deviation = known.mean(0), known.std(0).clamp_min(1e-6)
    known, unknown = (known - mean) / deviation, (unknown - mean) / deviation
    weight = torch.zeros(len(training.classes), known.shape[1], requires_grad=True)
    bias = torch.zeros(len(training.classes), requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> float:
        optimiser.zero_grad()
        value = F.cross_entropy(known @ weight.t() + bias, labels) + PENALTY * weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return float(value.detach())

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    best = (unknown @ weight.detach().t() + bias.detach()).argmax(1)
    return float((best == validation.labels).float().mean())


def _features(encoder: Encoder, pictures: Tensor) -> Tensor:
    """The mean of relu5_1 over each picture, pooled as in painting, (N, 512) float32 on the CPU."""
    means = []
    for start in range(0, len(pictures), AT_ONCE):
        batch = plain(pictures[start : start + AT_ONCE], pictures.shape[-1])
        features = encoder(
            batch.to(encoder.device.torch_device), ["relu5_1"], pooling="average", padding="zeros"
        )
        means.append(features["relu5_1"].float().mean((2, 3)).cpu())
    return torch.cat(means)
