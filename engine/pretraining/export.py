"""From a trained classifier to the weights that paint: folded, scaled, in FP16."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.utils.fusion import fuse_conv_bn_eval

from engine import images
from engine.errors import DatasetRejected, ImageRejected, TrainingFailed
from engine.files import written_whole
from engine.pretraining.augment import plain
from engine.pretraining.network import Classifier
from engine.vgg19 import POOLED, pool
from engine.weights import CONVOLUTIONS

PHOTOGRAPH_SIDE = 256  # pixels, at which activations are measured
MOST_PHOTOGRAPHS = 500
# A channel that the photographs hardly reach would be blown up past FP16: below this share of its
# layer's mean it is scaled as its layer is.
FAINT = 1e-3
# A channel that is seldom active is far below zero elsewhere. Scaled to the mean of the others it
# would decide what is compared before the ReLU, as `seed` does: its root mean square there is at
# most this, as large as that of a usual channel.
LOUDEST = 8.0
SCALED = f"mean activation 1 over photographs, root mean square before the ReLU at most {LOUDEST:g}"


@dataclass(frozen=True)
class Exported:
    """What was measured on the photographs."""

    photographs: int
    largest: float  # activation after scaling, where the mean is 1
    faint: int  # channels that the photographs hardly reach
    capped: int  # channels below a mean of 1, for their answers before the ReLU


def read_photographs(folder: Path) -> tuple[Tensor, ...]:
    """Up to MOST_PHOTOGRAPHS pictures of a folder, each (1, 3, S, S) uint8.

    Files that are no picture are skipped. Raises DatasetRejected where none is left.
    """
    if not folder.is_dir():
        raise DatasetRejected(f"There is no folder of photographs {folder}.")
    found: list[Tensor] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if len(found) == MOST_PHOTOGRAPHS:
            break
        try:
            found.append(_square(images.read(path)))
        except ImageRejected:
            continue
    if not found:
        raise DatasetRejected(f"{folder} holds no picture; name a folder of photographs.")
    return tuple(found)


def _square(picture: Image.Image) -> Tensor:
    from torchvision.transforms.functional import center_crop, pil_to_tensor, resize

    small = resize(picture, [PHOTOGRAPH_SIDE])
    pixels: Tensor = pil_to_tensor(center_crop(small, [PHOTOGRAPH_SIDE] * 2)).unsqueeze(0)
    return pixels


def export(network: Classifier, photographs: Sequence[Tensor], target: Path) -> Exported:
    """Write a classifier's convolutions for painting, as FP16 safetensors.

    Each channel is scaled so that its mean activation over the photographs is 1 (Gatys et al.,
    Texture Synthesis Using CNNs, arXiv 1505.07376, section 2), or less where the root mean square
    before the ReLU would exceed LOUDEST. Raises TrainingFailed where a value does not fit into
    FP16, OutputRejected where `target` cannot be written.
    """
    state = folded(network)
    layers = _activations(state, photographs, network.pooling)
    divisors = [layer.divisors() for layer in layers]
    scaled = _scaled(state, divisors)
    halves = {name: tensor.half().contiguous() for name, tensor in scaled.items()}
    if not all(bool(torch.isfinite(tensor).all()) for tensor in halves.values()):
        raise TrainingFailed("A weight does not fit into FP16; train longer or at a lower rate.")
    with written_whole(target) as path:
        save_file(halves, path, {"scaled": SCALED, "pooling": network.pooling})
    return Exported(
        len(photographs),
        max(float((one.maxima / by).max()) for one, by in zip(layers, divisors, strict=True)),
        sum(int(one.faint().sum()) for one in layers),
        sum(int(one.capped().sum()) for one in layers),
    )


@torch.no_grad()
def folded(network: Classifier) -> dict[str, Tensor]:
    """The convolutions with their normalisation in them, by torchvision's names, float32.

    In evaluation the network computes the same with these, whatever the picture.
    """
    network.eval()
    state: dict[str, Tensor] = {}
    for name, block in network.layers:
        fused = fuse_conv_bn_eval(block.convolution, block.norm)
        state[f"features.{CONVOLUTIONS[name].place}.weight"] = fused.weight
        state[f"features.{CONVOLUTIONS[name].place}.bias"] = cast(Tensor, fused.bias)
    return state


@dataclass(frozen=True)
class _Layer:
    """What a layer's channels answer to the photographs: (C,) each."""

    means: Tensor  # of activations
    maxima: Tensor  # of activations
    loudness: Tensor  # root mean squares before the ReLU

    def divisors(self) -> Tensor:
        """What the channels are divided by."""
        return self._usual().maximum(self.loudness / LOUDEST)

    def faint(self) -> Tensor:
        """Whether the photographs hardly reach a channel."""
        return self.means < FAINT * self.means.mean()

    def capped(self) -> Tensor:
        """Whether a channel is scaled by its loudness instead of its mean."""
        return self.loudness > LOUDEST * self._usual()

    def _usual(self) -> Tensor:
        layer = self.means.mean().clamp_min(torch.finfo(torch.float32).tiny)
        return torch.where(self.faint(), layer, self.means)


@torch.no_grad()
def _activations(
    state: dict[str, Tensor], photographs: Sequence[Tensor], pooling: str
) -> list[_Layer]:
    """Each layer's answers to the photographs."""
    found: list[list[Tensor]] = [[] for _ in CONVOLUTIONS]
    for photograph in photographs:
        current = plain(photograph, photograph.shape[-1])
        for layer, (name, (index, _, _)) in enumerate(CONVOLUTIONS.items()):
            weight, bias = state[f"features.{index}.weight"], state[f"features.{index}.bias"]
            current = F.conv2d(current, weight, bias, padding=1)
            squares = current.square().mean((0, 2, 3))
            current = F.relu_(current)
            found[layer].append(
                torch.stack((current.mean((0, 2, 3)), current.amax((0, 2, 3)), squares))
            )
            if name in POOLED:
                current = pool(current, pooling)
    layers = []
    for of_all in map(torch.stack, found):
        means, _, squares = of_all.mean(0)
        layers.append(_Layer(means, of_all[:, 1].amax(0), squares.sqrt()))
    return layers


def _scaled(state: dict[str, Tensor], divisors: Sequence[Tensor]) -> dict[str, Tensor]:
    """Divide each channel, and multiply it back where the next layer reads it.

    ReLU and pooling pass a positive factor through, so the features stay the same but for it.
    """
    scaled: dict[str, Tensor] = {}
    below = torch.ones(3)
    for (index, _, _), divisor in zip(CONVOLUTIONS.values(), divisors, strict=True):
        weight, bias = state[f"features.{index}.weight"], state[f"features.{index}.bias"]
        scaled[f"features.{index}.weight"] = (
            weight * below.view(1, -1, 1, 1) / divisor.view(-1, 1, 1, 1)
        )
        scaled[f"features.{index}.bias"] = bias / divisor
        below = divisor
    return scaled
