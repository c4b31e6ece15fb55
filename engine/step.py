"""One optimisation step: features, losses, gradient, update, all on the device."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce

import torch
from torch import Tensor

from engine.blocks import Block, cut
from engine.device import Device, give_back_memory
from engine.errors import CheckpointRejected, PaintingFailed
from engine.features import normalisation, see
from engine.graph import capture
from engine.losses import Look, Objective, add_smoothness
from engine.memory import SMALLEST_BLOCK, Plan, block_side_in_fp32, budget_after, does_not_fit
from engine.optimiser import Optimiser
from engine.presets import Recipe
from engine.request import Losses, Reading
from engine.shortage import ShortageCaught
from engine.statistics import added
from engine.vgg19 import Encoder

# Steps launched on a GPU before the host waits for their losses: enough to keep it busy
# meanwhile, few enough for somebody who cancels. On the CPU nothing runs ahead.
STEPS_AHEAD = 2
WARM_UP_STEPS = 1  # before a CUDA graph is captured: libraries choose their kernels in it
FEWEST_STEPS_OF_A_GRAPH = 11  # with fewer, a graph saves less than it takes to be captured
RETRIES = 16  # of one step in FP16, with half the loss scale each
FAILURES_IN_A_ROW = 4  # steps that FP16 cannot take, before it is no longer tried


class Stepper:
    """Takes the steps of one scale. On CUDA a graph of the whole step is replayed.

    A step that was not finite changes nothing and is taken again. Where the gradient alone
    overflowed, that is in FP16 with a smaller loss scale; else in FP32, and after a few such steps
    in a row all later ones are in FP32 at once.
    """

    def __init__(
        self,
        encoder: Encoder,
        recipe: Recipe,
        objective: Objective,
        plan: Plan,
        canvas: Tensor,
        optimiser: Optimiser,
        memory_budget: int,
        steps: int,
        neighbours: Tensor | None = None,
        frozen: Tensor | None = None,
    ) -> None:
        """Take the plan of the canvas; a step in FP32 stays within the budget, in bytes, too.

        `steps` says about how many are to be taken; `neighbours` are those that the objective was
        made of, to be kept with the state. `frozen` (1, 1, H, W) is 1 where pixels must not move.
        """
        self._first_encoder = encoder
        self._encoder = encoder  # later perhaps the same in FP32, for good
        self._plan = plan
        # Pixels on the side of a block, by precision.
        fp32_side = block_side_in_fp32(_size(canvas), encoder.device, recipe, memory_budget, plan)
        self._block_sides = {"fp32": fp32_side} | {encoder.device.precision: plan.block_side}
        self._recipe = recipe
        self._objective = objective
        self.canvas = canvas
        self._optimiser = optimiser
        self.neighbours = neighbours
        self._movable = None if frozen is None else 1 - frozen
        self._loss_scale = canvas.new_tensor(loss_scale(recipe, canvas, encoder.device))
        self._no_scale = canvas.new_ones(())
        self._failures = 0  # steps in a row that FP16 could not take
        self._may_capture = encoder.device.is_cuda and steps >= FEWEST_STEPS_OF_A_GRAPH
        self._warm_up_left = WARM_UP_STEPS  # steps to take before one is captured
        self._graph: Callable[[], Tensor] | None = None  # replays a captured step

    def state(self) -> dict[str, Tensor]:
        """Everything that later steps at this scale depend on.

        The loss scale is not among it: it belongs to a number type, and a painting may go on in
        another one elsewhere. Where it was too large, the next step finds that out again.
        """
        own = {"canvas": self.canvas}
        if self.neighbours is not None:
            own["neighbours"] = self.neighbours
        return own | {f"optimiser.{k}": v for k, v in self._optimiser.state().items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from `state()`.

        Raises CheckpointRejected where a part of it is missing or cannot be, or its history has
        another length.
        """
        for name, own in self.state().items():
            saved = state.get(name)
            if saved is None:
                raise CheckpointRejected(f"The checkpoint is damaged: it lacks {name}.")
            if own.shape != saved.shape:
                raise CheckpointRejected(
                    "The checkpoint was made with more or less memory: give --memory as then."
                )
            if own.dtype != saved.dtype or not _is_finite(saved):
                raise CheckpointRejected(f"The checkpoint is damaged: {name} cannot be.")
            own.copy_(saved)
        if not self._optimiser.is_sound():
            raise CheckpointRejected("The checkpoint is damaged: its optimiser's state cannot be.")

    def take(self, count: int) -> list[Reading]:
        """Take up to `count` steps, at least one, and wait for them.

        Raises OutOfMemory where not even the smallest blocks fit, and PaintingFailed where a step
        is not finite in FP32 either.
        """
        ahead = STEPS_AHEAD if self._encoder.device.is_cuda else 1
        readings = self._read([self._launch() for _ in range(min(count, ahead))])
        return [self._settled(reading) for reading in readings]

    def _settled(self, reading: Reading) -> Reading:
        """Take a step again that was not finite; see the class."""
        # In FP16, where only the gradient overflowed: each of these steps halves the loss scale.
        retries = RETRIES if self._encoder.device.precision == "fp16" else 0
        while not reading.finite and math.isfinite(reading.losses.total) and retries:
            retries -= 1
            (reading,) = self._read([self._launch()])
        if reading.finite:
            self._failures = 0
            return reading
        # Else in FP32.
        (reading,) = self._read([self._within_memory(in_fp32=True)])
        if not reading.finite:
            raise PaintingFailed(
                "The painting's loss is not finite, even in FP32: the weights are off."
            )
        self._failures += 1
        if self._failures == FAILURES_IN_A_ROW:
            self._encoder = self._encoder.in_fp32
            self._forget_graph()
        return replace(reading, repeated=True)

    def _read(self, rows: list[Tensor]) -> list[Reading]:
        """Wait for the numbers of some steps, as `_take` gives them."""
        in_fp32_for_good = self._encoder is not self._first_encoder
        return [
            Reading(bool(finite), Losses(total, content, style), repeated=in_fp32_for_good)
            for total, content, style, finite in map(Tensor.tolist, rows)
        ]

    def _launch(self) -> Tensor:
        """Start a step, and do not wait for its numbers: by the graph, where there can be one."""
        device = self._encoder.device
        if not self._may_capture or len(self._blocks(device)) > 1:
            return self._within_memory()
        if self._warm_up_left:
            self._warm_up_left -= 1
            return self._within_memory()
        if self._graph is None:
            self._graph = capture(partial(self._take, self._encoder), device.torch_device)
        if self._graph is not None:
            with ShortageCaught():
                return self._graph()
        # It could not be captured, or memory ran out while it was replayed.
        self._may_capture = False
        self._forget_graph()
        return self._within_memory()

    def _forget_graph(self) -> None:
        """Give the memory back that a captured step keeps."""
        self._graph = None
        self._warm_up_left = WARM_UP_STEPS
        give_back_memory()

    def _within_memory(self, *, in_fp32: bool = False) -> Tensor:
        """Take a step without a graph, in smaller blocks where memory runs out.

        Raises OutOfMemory where it does so with the smallest.
        """
        device = self._encoder.device
        while True:
            with ShortageCaught():  # making the encoder in FP32 takes memory, too
                return self._take(self._encoder.in_fp32 if in_fp32 else self._encoder)
            self._need_less_memory(device.in_fp32 if in_fp32 else device)

    def _need_less_memory(self, device: Device) -> None:
        """Do without the graph, or else halve the blocks. Raises OutOfMemory at the smallest."""
        if self._graph is not None:
            self._may_capture = False
            self._forget_graph()
            return
        size = _size(self.canvas)
        side = min(self._block_sides[device.precision], max(size))
        if side <= SMALLEST_BLOCK:
            plan = replace(self._plan, block_side=side)
            budget = budget_after(size, device, self._recipe, plan)
            raise does_not_fit(size, device, self._recipe, budget)
        self._block_sides[device.precision] = max(SMALLEST_BLOCK, side // 2)
        give_back_memory()

    def _blocks(self, device: Device) -> list[Block]:
        """Those of a step: one, unless the canvas is larger than the memory."""
        width, height = _size(self.canvas)
        return cut(height, width, self._block_sides[device.precision])

    @torch.no_grad()
    def _take(self, encoder: Encoder) -> Tensor:
        """Take one step by `encoder`, or none where it is not finite.

        Returns (total loss, content loss, style loss, 1 if finite else 0) as (4,) float32.
        """
        recipe, precision = self._recipe, encoder.device.precision
        scale = self._loss_scale if precision == "fp16" else self._no_scale
        content, style, gradient = compare(
            encoder, recipe, self._objective, self.canvas, self._blocks(encoder.device), scale
        )
        # With respect to the canvas: `see` divides by the deviation what VGG-19 is shown.
        _, deviation = normalisation(recipe.canvas, gradient.device)
        gradient /= scale
        gradient /= deviation
        if recipe.smoothness:
            content = content + add_smoothness(self.canvas, recipe.smoothness, gradient)
        if self._movable is not None:
            gradient *= self._movable

        total = content + style
        finite = (gradient.isfinite().all() & total.isfinite()).float()
        self._optimiser.step(gradient, finite)
        if recipe.canvas == "rgb" and recipe.optimiser == "adam":
            self.canvas.clamp_(0, 1)
        if precision == "fp16":
            # Halved where the gradient alone overflowed: a smaller one does not mend the loss.
            self._loss_scale *= 1 - 0.5 * (1 - finite) * total.isfinite()
        return torch.stack((total, content, style, finite))


def _size(canvas: Tensor) -> tuple[int, int]:
    return canvas.shape[3], canvas.shape[2]


def _is_finite(tensor: Tensor) -> bool:
    """Whether all numbers are finite; unlike `isfinite` it takes no memory for the answer."""
    return all(math.isfinite(end) for end in tensor.aminmax())  # NaN comes through as both


def loss_scale(recipe: Recipe, canvas: Tensor, device: Device) -> float:
    """What a recipe's loss is multiplied by on a canvas, so that FP16 can hold its gradients.

    FP16 loses what is under 6e-8, and ends at 65504. Gradients of means over pixels shrink with
    their number. Those of raw Gram matrices grow with it: at 2⁹ over the pixels `seed` has a
    factor of 8 to where it overflows, and of over 100 to where it loses anything, at 64 to 256
    pixels with the bundled weights and FP16 emulated.
    """
    if device.precision != "fp16":
        return 1.0
    pixels = canvas[0, 0].numel()
    return float(pixels) if recipe.relative else 2**9 / pixels


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
        style, slopes = objective.style_loss(whole.style_sums(), loss_scale, encoder.device.dtype)
        return objective.content_loss(whole.content_sums()), style, whole.backward(slopes)
    sums = reduce(added, (look(block).style_sums() for block in blocks))
    style, slopes = objective.style_loss(sums, loss_scale, encoder.device.dtype)
    content, gradient = torch.zeros_like(style), torch.zeros_like(canvas)
    for block in blocks:
        seen = look(block)
        content += objective.content_loss(seen.content_sums())
        block.of(gradient).add_(seen.backward(slopes))
    return content, style, gradient
