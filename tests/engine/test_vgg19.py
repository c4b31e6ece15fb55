"""VGG-19's features and the backward pass that is written out."""

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn

from engine.device import choose_device
from engine.vgg19 import Encoder, Features, TapGradient
from engine.weights import CONVOLUTIONS
from tests.engine.torchvision_vgg import torchvision_layers


def reference(state: Mapping[str, Tensor], pooling: str, padding: str) -> nn.Sequential:
    """torchvision's own layers, recorded by autograd."""
    model = torchvision_layers(state, 30)
    first = model[0]
    assert isinstance(first, nn.Conv2d)
    first.padding_mode = padding  # type: ignore[assignment]
    for index, layer in enumerate(model):
        if isinstance(layer, nn.MaxPool2d) and pooling == "average":
            model[index] = nn.AvgPool2d(2)
    return model


def weighted_sum(features: Features, taps: dict[str, Tensor]) -> dict[str, TapGradient]:
    """The gradients of the sum over taps of weight times feature."""

    def adder(weight: Tensor) -> TapGradient:
        def add(above: Tensor | None) -> Tensor:
            own = weight.clone(memory_format=torch.channels_last)
            return own if above is None else above.add_(own)

        return add

    return {tap: adder(weight) for tap, weight in taps.items()}


@pytest.mark.parametrize("pooling", ["average", "max"])
@pytest.mark.parametrize("padding", ["replicate", "zeros"])
@pytest.mark.parametrize("size", [(32, 48), (37, 50)])
def test_features_and_gradients_equal_autograds(
    state: Mapping[str, Tensor], encoder: Encoder, pooling: str, padding: str, size: tuple[int, int]
) -> None:
    """Taps before and after ReLUs, and the gradient of a loss on them, are torchvision's."""
    generator = torch.Generator().manual_seed(1)
    picture = torch.randn(1, 3, *size, generator=generator)
    model = reference(state, pooling, padding)
    current = picture.clone().requires_grad_()
    expected: dict[str, Tensor] = {}
    watched = current
    for index, layer in enumerate(model):
        watched = layer(watched)
        for name, (place, _, _) in CONVOLUTIONS.items():
            if index == place:
                expected[f"conv{name}"] = watched
            if index == place + 1:
                expected[f"relu{name}"] = watched
    taps = ["relu1_1", "relu1_2", "conv2_1", "relu3_4", "conv4_1", "relu4_1", "conv5_1"]
    weights = {tap: torch.randn(expected[tap].shape, generator=generator) for tap in taps}
    sum((expected[tap] * weights[tap]).sum() for tap in taps).backward()  # type: ignore[union-attr]

    features = encoder(picture, taps, pooling=pooling, padding=padding)
    for tap in taps:
        torch.testing.assert_close(features[tap], expected[tap].detach(), rtol=1e-4, atol=1e-4)
    gradient = features.backward(weighted_sum(features, weights))

    assert current.grad is not None
    # By the norm: a sum that rounds to the other side of a ReLU changes a few pixels a little.
    assert float((gradient - current.grad).norm() / current.grad.norm()) < 2e-3


def test_the_pass_ends_at_the_last_tap(encoder: Encoder) -> None:
    """Nothing above the last tap is computed: a picture too small for more is enough."""
    features = encoder(torch.zeros(1, 3, 2, 2), ["relu2_1"])

    assert features["relu2_1"].shape == (1, 128, 1, 1)


def test_bf16_features_are_close(state: Mapping[str, Tensor], encoder: Encoder) -> None:
    """BF16 convolutions see what FP32 ones see, to BF16's three digits."""
    low = Encoder(state, choose_device("cpu", "bf16"), "bundled")
    picture = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(2))

    exact = encoder(picture, ["relu4_1"])["relu4_1"]
    rounded = low(picture, ["relu4_1"])["relu4_1"].float()

    assert (rounded - exact).norm() < 0.02 * exact.norm()


def test_a_tap_without_a_gradient_is_refused(encoder: Encoder) -> None:
    """A backward pass with nothing to send back is a mistake of the caller, and is told."""
    with pytest.raises(ValueError, match="no gradient"):
        encoder(torch.zeros(1, 3, 16, 16), ["relu1_1"]).backward({})
