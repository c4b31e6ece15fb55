"""One optimisation step: features, losses, gradient, update, all on the device."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce

import torch
from torch import Tensor

from engine.blocks import Block
from engine.errors import CheckpointRejected
from engine.losses import Look, Objective, add_smoothness
from engine.optimiser import Optimiser
from engine.presets import Recipe
from engine.request import Losses
from engine.statistics import added
from engine.tensors import IMAGENET_DEVIATION, IMAGENET_MEAN
from engine.vgg19 import Encoder, Features

# Steps launched on a graphics card before the host waits for their losses: enough to keep it busy
# meanwhile, few enough for somebody who cancels. On the CPU nothing runs ahead.
STEPS_AHEAD = 2
WARM_UP_STEPS = 3  # before a CUDA graph is captured: libraries choose their kernels in these


@dataclass(frozen=True)
class Reading:
    """What the host learns of one step."""

    finite: bool  # where not, the step changed nothing
    losses: Losses


def see(
    encoder: Encoder, recipe: Recipe, canvas: Tensor, taps: Collection[str] | None = None
) -> Features:
    """The features that a recipe compares, or those at `taps`, of a canvas in its own range."""
    mean, deviation = _normalisation(recipe.canvas, canvas.device)
    picture = (canvas - mean) / deviation
    if taps is None:
        taps = recipe.content_taps.keys() | recipe.style_taps.keys()
    return encoder(picture, taps, pooling=recipe.pooling, padding=recipe.padding)


@cache
def _normalisation(space: str, device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean and deviation of what VGG-19 is shown, both to broadcast with (1, 3, H, W).

    Made once, because a CUDA graph cannot copy numbers from the host.
    """
    if space == "symmetric":
        return torch.zeros((), device=device), torch.ones((), device=device)
    mean, deviation = (
        torch.tensor(v).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_DEVIATION)
    )
    return mean.to(device), deviation.to(device)


class Stepper:
    """Takes the steps of one scale. On CUDA a graph of the whole step is replayed.

    `blocks` are those of the canvas: one, unless it is larger than the memory.
    """

    def __init__(
        self,
        encoder: Encoder,
        recipe: Recipe,
        objective: Objective,
        blocks: Sequence[Block],
        canvas: Tensor,
        optimiser: Optimiser,
        neighbours: Tensor | None = None,
    ) -> None:
        """Take what to match, and the neighbours that it was made of, to be kept with the state."""
        self._blocks = blocks
        self._encoder = encoder
        self._recipe = recipe
        self._objective = objective
        self._canvas = canvas
        self._optimiser = optimiser
        self.neighbours = neighbours
        # FP16 loses what is under 6e-8. Gradients of means over pixels shrink with their number.
        small = encoder.device.precision == "fp16"
        self._loss_scale = canvas.new_tensor(float(canvas[0, 0].numel()) if small else 1.0)
        self._replay: Callable[[], Tensor] | None = None
        self._warm_up = WARM_UP_STEPS

    def result(self) -> Tensor:
        """The canvas to show or to go on from."""
        return self._optimiser.result()

    def state(self) -> dict[str, Tensor]:
        """Everything that later steps at this scale depend on."""
        own = {"canvas": self._canvas, "loss_scale": self._loss_scale}
        if self.neighbours is not None:
            own["neighbours"] = self.neighbours
        return own | {f"optimiser.{k}": v for k, v in self._optimiser.state().items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from `state()`. Raises CheckpointRejected where its history has another length."""
        for name, own in self.state().items():
            if own.shape != state[name].shape:
                raise CheckpointRejected(
                    "The checkpoint was made with more or less memory: give --memory as then."
                )
            own.copy_(state[name])

    def take(self, count: int) -> list[Reading]:
        """Take up to `count` steps, at least one, and wait for them."""
        ahead = STEPS_AHEAD if self._encoder.device.is_cuda else 1
        numbers = [self._launch() for _ in range(min(count, ahead))]
        return [_read(row) for row in torch.stack(numbers).tolist()]

    def take_in_fp32(self) -> Reading:
        """Take one step with every convolution in FP32."""
        return _read(self._take(self._encoder.in_fp32).tolist())

    def _launch(self) -> Tensor:
        if not self._encoder.device.is_cuda:
            return self._take(self._encoder)
        if self._warm_up:
            self._warm_up -= 1
            return self._take(self._encoder)
        if self._replay is None:
            self._replay = self._capture()
        return self._replay()

    def _capture(self) -> Callable[[], Tensor]:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            numbers = self._take(self._encoder)

        def replay() -> Tensor:
            graph.replay()
            return numbers.clone()  # the next replay writes over them

        return replay

    @torch.no_grad()
    def _take(self, encoder: Encoder) -> Tensor:
        """Returns (total, content, style, finite) as (4,) float32."""
        recipe = self._recipe
        content, style, gradient = compare(
            encoder, recipe, self._objective, self._canvas, self._blocks, self._loss_scale
        )
        gradient /= self._loss_scale
        gradient /= _normalisation(recipe.canvas, gradient.device)[1]
        if recipe.smoothness:
            content = content + add_smoothness(self._canvas, recipe.smoothness, gradient)

        total = content + style
        finite = (gradient.isfinite().all() & total.isfinite()).float()
        self._optimiser.step(gradient, finite)
        if recipe.canvas == "rgb" and recipe.optimiser == "adam":
            self._canvas.clamp_(0, 1)
        self._loss_scale *= 0.5 + 0.5 * finite
        return torch.stack((total, content, style, finite))


def compare(
    encoder: Encoder,
    recipe: Recipe,
    objective: Objective,
    canvas: Tensor,
    blocks: Sequence[Block],
    loss_scale: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """The content loss and the style loss (0-d float32) of a canvas, and their gradient.

    The gradient is with respect to what VGG-19 is shown, (1, 3, H, W) float32, and multiplied by
    `loss_scale`. Of several blocks each is seen twice: the style's loss is only known once all
    were summed up, and the gradients need its slopes. In between nothing of them is kept.
    """

    def look(block: Block) -> Look:
        return objective.look(see(encoder, recipe, block.of(canvas)), block)

    if len(blocks) == 1:
        whole = look(blocks[0])
        style, slopes = objective.style_loss(whole.style_sums(), loss_scale)
        return objective.content_loss(whole.content_sums()), style, whole.backward(slopes)
    sums = reduce(added, (look(block).style_sums() for block in blocks))
    style, slopes = objective.style_loss(sums, loss_scale)
    content, gradient = torch.zeros_like(style), torch.zeros_like(canvas)
    for block in blocks:
        seen = look(block)
        content += objective.content_loss(seen.content_sums())
        block.of(gradient).add_(seen.backward(slopes))
    return content, style, gradient


def _read(row: list[float]) -> Reading:
    total, content, style, finite = row
    return Reading(bool(finite), Losses(total, content, style))
