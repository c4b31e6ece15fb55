"""How fast it is: steps against the matrix rate, jobs from bytes to bytes, and where time goes."""

import io
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from engine import images
from engine.errors import Stopped
from engine.features import see
from engine.optimiser import LBFGS
from engine.request import PaintSettings, StylizeRequest
from engine.samples import CONTENTS
from engine.scales import pixels_wanted
from engine.statistics import sum_of_products
from engine.stylize import stylize
from engine.vgg19 import rectify
from engine.weights import CONVOLUTIONS
from tests.benchmarks.card.tools import (
    CARD,
    DEVICE,
    DTYPE,
    Findings,
    attempt,
    eager,
    encoder,
    floor_gflop,
    forget,
    matrix_tflops,
    memory,
    milliseconds,
    replays,
    request,
    stepper,
    synchronize,
    without_launches,
)


def speed() -> None:
    """Milliseconds of a step, replayed and eager, and the share of the matrix rate they reach."""
    rate = matrix_tflops(8192) * 1000  # GFLOP a second
    for side in (256, 512, 1024, 2048) if CARD else (32, 48):
        for preset in ("mural", "gatys", "seed") if side in (256, 32) else ("mural",):
            with attempt("speed", f"{preset} {side}") as found:
                began = time.perf_counter()
                one = stepper(preset, side)
                synchronize()
                found["set_up_ms"] = 1000 * (time.perf_counter() - began)
                began = time.perf_counter()
                found["is_replayed"] = replays(one)
                found["first_five_steps_ms"] = 1000 * (time.perf_counter() - began)
                found["step_ms"] = _step_ms(one._launch, side)
                found["floor_ms"] = 1000 * floor_gflop(preset, side) / rate
                found["share_of_matrix_rate"] = found["floor_ms"] / found["step_ms"]
                began, count = time.perf_counter(), 10 if CARD else 2
                for _ in range(count):
                    one.take(2)
                synchronize()
                steps = count * (2 if CARD else 1)
                found["with_the_host_ms"] = 1000 * (time.perf_counter() - began) / steps
                found["eager_ms"] = _step_ms(partial(one._take, one._encoder), side)
                found["memory"] = memory()
                del one
                forget()
    with attempt("speed", "profile") as found:
        one = eager(stepper("mural", 512 if CARD else 32))
        one.take(1)
        kinds = [
            torch.profiler.ProfilerActivity.CUDA if CARD else torch.profiler.ProfilerActivity.CPU
        ]
        with torch.profiler.profile(activities=kinds) as profile:
            one._take(one._encoder)
            synchronize()
        rows = sorted(profile.key_averages(), key=_time_of, reverse=True)
        found["kernels"] = sum(row.count for row in rows)
        found["top"] = [[row.key[:60], row.count, _time_of(row)] for row in rows[:14]]


def _step_ms(step: Callable[[], object], side: int) -> float:
    return milliseconds(step, max(3, 40 * 256 // side) if CARD else 1, 1)


def _time_of(row: object) -> float:
    """Microseconds of all calls of one kernel."""
    return float(getattr(row, "device_time_total" if CARD else "cpu_time_total", 0.0))


def jobs() -> None:
    """From a file's bytes to a file's bytes in a warm process, as an order is painted."""
    sample = CONTENTS[0].path.read_bytes()
    small, usual = (256, 512) if CARD else (32, 48)
    steps = None if CARD else 6
    cases: list[tuple[str, bytes, PaintSettings]] = []
    for turn in ("first", "second", "third"):
        cases.append((f"{turn} draft", sample, PaintSettings("draft", small, steps)))
        cases.append((f"{turn} mural", sample, PaintSettings("mural", usual, steps)))
    phone, wide = _jpeg((4000, 3000)), _jpeg((530, 311))
    for turn in ("first", "second"):
        cases.append(
            (f"{turn} draft of 12 megapixels", phone, PaintSettings("draft", small, steps))
        )
        cases.append((f"{turn} draft of a new shape", wide, PaintSettings("draft", small, steps)))
    style = request("draft", small).styles
    for name, data, settings in cases:
        with attempt("jobs", name) as found:
            _job(data, style, settings, found)
    with attempt("jobs", "cancel") as found:
        asked = request("mural", usual, 4000)
        began, stop_at = time.perf_counter(), 1.0
        with suppress(Stopped):
            stylize(asked, encoder(), should_stop=lambda: time.perf_counter() - began > stop_at)
        found["stopped_after_ms"] = 1000 * (time.perf_counter() - began - stop_at)


def _job(
    data: bytes, style: tuple[Image.Image, ...], settings: PaintSettings, found: Findings
) -> None:
    began = time.perf_counter()
    looks: list[float] = []
    content = images.decode(data, enough=pixels_wanted(settings))  # an order's is in a child
    found["decoded_s"] = time.perf_counter() - began

    def watch(_: object) -> None:
        looks.append(time.perf_counter() - began)

    painting = stylize(StylizeRequest(content, style, settings), encoder(), on_progress=watch)
    found["first_step_s"], found["painted_s"] = looks[0], time.perf_counter() - began
    painting.picture.save(io.BytesIO(), "PNG")
    found["whole_s"] = time.perf_counter() - began
    found["steps"], found["loss"] = painting.outcome.steps, painting.outcome.losses.total


def _jpeg(size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    picture = Image.open(CONTENTS[0].path).convert("RGB").resize(size)
    picture.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def pieces() -> None:
    """Where a step's time goes, and what the changes that one could make would bring."""
    side = 512 if CARD else 32
    for benchmark in (False, True):
        with attempt("pieces", f"convolutions, cudnn.benchmark {benchmark}") as found:
            torch.backends.cudnn.benchmark = benchmark
            layers = []
            for name, (_, inputs, outputs) in CONVOLUTIONS.items():
                layers.append(_layer(name, inputs, outputs, side >> (int(name[0]) - 1)))
            for key in layers[0]:
                found[f"sum_{key}"] = sum(layer[key] for layer in layers)
            found["layers"] = layers
    torch.backends.cudnn.benchmark = False
    with attempt("pieces", "bias and ReLU with the convolution") as found:
        _fused(found, side)
    with attempt("pieces", "gram matrices") as found:
        for level in range(5):
            channels, pixels = min(64 << level, 512), side**2 >> 2 * level
            table = torch.randn(pixels, channels, device=DEVICE).to(DTYPE)
            product = partial(sum_of_products, table, table)
            found[f"{channels} over {pixels}"] = 1000 * without_launches(product, 10)
    with attempt("pieces", "optimiser, losses, forward") as found:
        canvas = torch.rand(1, 3, side, side, device=DEVICE)
        optimiser, ok = LBFGS(canvas, history=10), torch.ones((), device=DEVICE)
        gradient = torch.randn_like(canvas)
        found["lbfgs_us"] = 1000 * without_launches(lambda: optimiser.step(gradient.clone(), ok), 5)
        one = stepper("mural", side)
        recipe, device = one._recipe, one._encoder.device
        whole = one._objective.look(see(one._encoder, recipe, one.canvas), one._blocks(device)[0])
        sums = whole.style_sums()

        style_loss = partial(one._objective.style_loss, sums, one._loss_scale, DTYPE)
        with torch.no_grad():
            found["style_loss_us"] = 1000 * without_launches(style_loss, 5)
            found["forward_us"] = 1000 * without_launches(
                lambda: see(one._encoder, recipe, one.canvas), 5
            )


def _fused(found: Findings, side: int) -> None:
    """cuDNN's convolution with bias and ReLU: whether it may stand for ours, and what it saves.

    The overflow of FP16 is found by its NaN, which has to pass the ReLU; and torch adds 0 times the
    output's old memory, which must do nothing even where that is NaN.
    """
    weight = torch.randn(128, 128, 3, 3, device=DEVICE).to(DTYPE)
    weight = weight.contiguous(memory_format=torch.channels_last)
    bias = torch.randn(128, device=DEVICE).to(DTYPE)
    source = torch.randn(1, 128, side, side, device=DEVICE).to(DTYPE)
    source = source.contiguous(memory_format=torch.channels_last)

    def plain(picture: Tensor) -> Tensor:
        return rectify(F.conv2d(picture, weight, bias, padding=1))

    def fused(picture: Tensor) -> Tensor:
        sides = (1, 1)  # stride, padding, dilation
        return torch.cudnn_convolution_relu(picture, weight, bias, sides, sides, sides, 1)

    found["plain_us"] = 1000 * without_launches(lambda: plain(source), 10)
    if not CARD:
        return
    found["fused_us"] = 1000 * without_launches(lambda: fused(source), 10)
    wanted = plain(source)
    found["difference"] = float((fused(source) - wanted).abs().max() / wanted.abs().max())
    overflowed = source.clone()
    overflowed[:, :, 0, 0] = torch.nan
    found["nan_passes"] = [bool(one(overflowed).isnan().any()) for one in (plain, fused)]
    del wanted, overflowed
    stale = torch.full_like(source, torch.nan)
    del stale  # the allocator hands its memory to the next output
    found["old_memory_does_nothing"] = not bool(fused(source).isnan().any())


def _layer(name: str, inputs: int, outputs: int, side: int) -> dict[str, float]:
    """Microseconds of one convolution of the network."""

    def random(*shape: int) -> Tensor:
        values = torch.randn(*shape, device=DEVICE).to(DTYPE)
        return values.contiguous(memory_format=torch.channels_last)

    source, gradient = random(1, inputs, side, side), random(1, outputs, side, side)
    weight, bias = random(outputs, inputs, 3, 3), torch.randn(outputs, device=DEVICE).to(DTYPE)
    flop = 2 * 9 * inputs * outputs * side**2
    forward = 1000 * without_launches(lambda: F.conv2d(source, weight, bias, padding=1), 10)
    bare = 1000 * without_launches(lambda: F.conv2d(source, weight, padding=1), 10)
    backward = 1000 * without_launches(
        lambda: torch.ops.aten.convolution_backward(
            gradient, source, weight, None,
            [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [True, False, False],
        ),
        10,
    )  # fmt: skip
    print(name, f"{flop / forward / 1e6:.0f} {flop / backward / 1e6:.0f} TFLOP/s", flush=True)
    return {"forward_us": forward, "without_bias_us": bare, "backward_us": backward}
