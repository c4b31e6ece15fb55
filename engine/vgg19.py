"""VGG-19 up to conv5_1: the features of a picture, and the gradient of a loss on them.

The network is a chain with frozen weights, so its backward pass is written out below instead of
recorded by autograd: no weight gradients, ReLUs and their masks in place, nothing kept that is
not needed. Besides the convolutions little is left in a step (`make bench` measures how little).

A *tap* is a place where features are read: `conv3_1` before the ReLU, `relu3_1` after it.
Source: Simonyan and Zisserman, arXiv 1409.1556, configuration E.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.device import Device, choose_device
from engine.weights import CONVOLUTIONS, Weights, find, load

POOLED = frozenset({"1_2", "2_2", "3_4", "4_4"})  # a 2x2 pooling follows these
# Adds the gradient of a loss at a tap to the one from the layers above (None where there are
# none), in place. Both are (1, C, H, W), channels last, in the convolutions' number type.
TapGradient = Callable[[Tensor | None], Tensor]


@dataclass(frozen=True)
class _Layer:
    name: str
    weight: Tensor  # (out, in, 3, 3)
    bias: Tensor  # (out,)


@dataclass(frozen=True)
class _Step:
    """One layer of one forward pass, kept for the backward pass."""

    layer: _Layer
    source: Tensor  # what the convolution read
    padding: int
    rectified: Tensor | None  # after the ReLU; None where the pass ended before it
    pooled: bool


class Features:
    """The taps of one forward pass: `features["relu3_1"]` is (1, C, H, W)."""

    def __init__(self, taps: dict[str, Tensor], steps: list[_Step], pooling: str) -> None:
        self._taps = taps
        self._steps = steps
        self._pooling = pooling

    def __getitem__(self, tap: str) -> Tensor:
        return self._taps[tap]

    @torch.no_grad()
    def backward(self, gradients: Mapping[str, TapGradient]) -> Tensor:
        """The gradient with respect to the picture, (1, 3, H, W) float32, of losses at the taps.

        May be called once: the gradients of pre-ReLU taps are written over.
        """
        above: Tensor | None = None
        for step in reversed(self._steps):
            name = step.layer.name
            if step.rectified is not None:
                above = self._through_relu(step, step.rectified, above, gradients)
            if f"conv{name}" in gradients:
                above = gradients[f"conv{name}"](above)
            if above is not None:
                above = _convolution_backward(above, step)
        if above is None:
            raise ValueError("no gradient was given at any tap of this pass")
        return _unpad(above.float(), self._steps[0].padding)

    def _through_relu(
        self,
        step: _Step,
        rectified: Tensor,
        above: Tensor | None,
        gradients: Mapping[str, TapGradient],
    ) -> Tensor | None:
        """Back through the pooling, the tap and the ReLU that follow a convolution."""
        tap = f"relu{step.layer.name}"
        if above is not None and step.pooled:
            if self._pooling == "average" and tap not in gradients:
                return _average_pool_and_relu_backward(above, rectified)
            above = _pool_backward(above, rectified, self._pooling)
        if tap in gradients:
            above = gradients[tap](above)
        return None if above is None else _relu_backward_(above, rectified)


class Encoder:
    """A frozen VGG-19 on one device, in one precision."""

    def __init__(self, state: Mapping[str, Tensor], device: Device, description: str) -> None:
        """Take torchvision's `features.N.weight` and `.bias`; `description` is for people."""
        self.device = device
        self.description = description
        self._state = state
        self._layers = [
            _Layer(
                name,
                state[f"features.{index}.weight"]
                .to(device.torch_device, device.dtype)
                .contiguous(memory_format=torch.channels_last),
                state[f"features.{index}.bias"].to(device.torch_device, device.dtype),
            )
            for name, (index, _, _) in CONVOLUTIONS.items()
        ]

    @cached_property
    def in_fp32(self) -> "Encoder":
        """The same network in FP32, for steps that overflow; made once."""
        exact = self.device.in_fp32
        return self if exact == self.device else Encoder(self._state, exact, self.description)

    @torch.no_grad()
    def __call__(
        self,
        picture: Tensor,
        taps: Collection[str],
        *,
        pooling: str = "average",
        padding: str = "replicate",
    ) -> Features:
        """Features of a normalised picture, (1, 3, H, W) float32, up to the last tap named.

        `pooling` is "average" or "max"; `padding`, of the picture alone, "replicate" (paintings
        get no dark frame) or "zeros". Layers above are always padded with zeros.
        """
        last = max(taps, key=_tap_order)
        found: dict[str, Tensor] = {}
        steps: list[_Step] = []
        current = picture
        if padding == "replicate":
            current = F.pad(current, (1, 1, 1, 1), mode="replicate")
        current = current.to(self.device.dtype).contiguous(memory_format=torch.channels_last)
        for layer in self._layers:
            pad = 0 if not steps and padding == "replicate" else 1
            source = current
            current = F.conv2d(source, layer.weight, layer.bias, padding=pad)
            if f"conv{layer.name}" in taps:
                found[f"conv{layer.name}"] = current
                if last == f"conv{layer.name}":
                    steps.append(_Step(layer, source, pad, None, False))
                    break
                current = current.clone()
            rectified = rectify(current)
            if f"relu{layer.name}" in taps:
                found[f"relu{layer.name}"] = rectified
            pooled = layer.name in POOLED and last != f"relu{layer.name}"
            steps.append(_Step(layer, source, pad, rectified, pooled))
            if last == f"relu{layer.name}":
                break
            if pooled:
                current = pool(rectified, pooling)
        return Features(found, steps, pooling)


def load_encoder(weights: str = "auto", device: str = "auto", precision: str = "auto") -> Encoder:
    """Load VGG-19 onto a device: `weights` as `engine.weights.find` takes them.

    Raises WeightsRejected and RequestRejected.
    """
    chosen: Weights = find(weights)
    return Encoder(load(chosen), choose_device(device, precision), chosen.description)


def multiply_adds_per_pixel(taps: Collection[str]) -> float:
    """Of the convolutions up to the last of the taps, per pixel of the picture."""
    last = max(taps, key=_tap_order)[4:]
    return sum(
        9.0 * one.inputs * one.outputs / (1 << 2 * (int(name[0]) - 1))
        for name, one in CONVOLUTIONS.items()
        if name <= last
    )


def _tap_order(tap: str) -> tuple[str, bool]:
    return tap[4:], tap.startswith("relu")


# ReLU and its mask read numbers as integers of the same width: a float is positive exactly where
# its bits are, as a signed integer. On the CPU that is four times as fast in BF16, since torch's
# kernels go through FP32. On CUDA a NaN's bits are positive too, so that it is passed on.
_BITS = {torch.float16: torch.int16, torch.bfloat16: torch.int16, torch.float32: torch.int32}


def rectify(features: Tensor) -> Tensor:
    """ReLU, in place.

    A kernel of its own: cuDNN has one for convolution, bias and ReLU, but whether that passes NaN
    on, by which an overflow is found, a GPU has to tell first (`scripts/gpu_day.sh`, pieces).
    """
    features.view(_BITS[features.dtype]).clamp_(min=0)
    return features


def _relu_backward_(gradient: Tensor, rectified: Tensor) -> Tensor:
    bits = gradient.view(_BITS[gradient.dtype])
    torch.ops.aten.threshold_backward.grad_input(
        bits, rectified.view(bits.dtype), 0, grad_input=bits
    )
    return gradient


def pool(features: Tensor, pooling: str) -> Tensor:
    """Halve both sides of (N, C, H, W), by "average" or by "max"."""
    return F.avg_pool2d(features, 2) if pooling == "average" else F.max_pool2d(features, 2)


def _pool_backward(gradient: Tensor, source: Tensor, pooling: str) -> Tensor:
    if pooling == "average":
        return torch.ops.aten.avg_pool2d_backward(  # type: ignore[no-any-return]
            gradient, source, [2, 2], [2, 2], [0, 0], False, True, None
        )
    # The places of the maxima are found again: keeping them would cost 8 bytes a feature.
    _, places = F.max_pool2d(source, 2, return_indices=True)
    return torch.ops.aten.max_pool2d_with_indices_backward(  # type: ignore[no-any-return]
        gradient, source, [2, 2], [2, 2], [0, 0], [1, 1], False, places
    )


def _average_pool_and_relu_backward(gradient: Tensor, rectified: Tensor) -> Tensor:
    """Spread each gradient over its 2x2 features, masked by the ReLU, in one pass."""
    _, channels, height, width = rectified.shape
    if height % 2 or width % 2:
        return _relu_backward_(_pool_backward(gradient, rectified, "average"), rectified)
    quarter = gradient.mul_(0.25).permute(0, 2, 3, 1)
    blocks = (height // 2, 2, width // 2, 2, channels)
    spread = quarter.reshape(height // 2, 1, width // 2, 1, channels).expand(blocks)
    masks = rectified.permute(0, 2, 3, 1).reshape(blocks)
    result = torch.empty_like(masks)
    bits = _BITS[gradient.dtype]
    torch.ops.aten.threshold_backward.grad_input(
        spread.view(bits), masks.view(bits), 0, grad_input=result.view(bits)
    )
    return result.view(1, height, width, channels).permute(0, 3, 1, 2)


def _convolution_backward(gradient: Tensor, step: _Step) -> Tensor:
    """The gradient with respect to a convolution's input alone."""
    pad = [step.padding, step.padding]
    inputs, _, _ = torch.ops.aten.convolution_backward(
        gradient, step.source, step.layer.weight, None,
        [1, 1], pad, [1, 1], False, [0, 0], 1, [True, False, False],
    )  # fmt: skip
    return inputs  # type: ignore[no-any-return]


def _unpad(gradient: Tensor, first_padding: int) -> Tensor:
    """Undo the replicated border: its gradients belong to the pixels that it repeats."""
    if first_padding == 1:
        return gradient.contiguous()
    gradient = gradient.clone(memory_format=torch.contiguous_format)
    gradient[:, :, 1] += gradient[:, :, 0]
    gradient[:, :, -2] += gradient[:, :, -1]
    gradient[:, :, :, 1] += gradient[:, :, :, 0]
    gradient[:, :, :, -2] += gradient[:, :, :, -1]
    return gradient[:, :, 1:-1, 1:-1].contiguous()
