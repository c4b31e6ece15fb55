"""The original's own final loss, sooner: its Adam for 2000 steps against `--preset seed --fast`,
and the naive reading's seconds for 2000 steps against ours to the same loss."""

import time
from contextlib import suppress

from engine import images
from engine.device import Device
from engine.errors import Stopped
from engine.request import PaintSettings, Progress, StylizeRequest
from engine.samples import CONTENTS, STYLES
from engine.stylize import stylize
from engine.vgg19 import Encoder
from engine.weights import bundled, load
from tests.engine.naive_seed import naive_losses
from tests.engine.shared import SHARED_PICTURES

STEPS, SIZE, COMPARED, TIMED = 2000, 256, 50, 5
FAST_STEPS = 600  # at most; it stops at the original's loss, and the preset has 200


def run(device: Device) -> dict[str, float]:
    """seed_steps_ratio, seed_time_ratio and what they are made of."""
    content, style = CONTENTS[0].path, STYLES[0].path
    if SHARED_PICTURES.is_dir():
        content, style = SHARED_PICTURES / "jimi.jpeg", SHARED_PICTURES / "psy.jpg"
    pair = images.read(content), images.read(style)
    state = load(bundled())
    encoder = Encoder(state, device, "bundled")
    print(f"{content.name} in the style of {style.name}")

    naive, times = [], [time.perf_counter()]
    for loss in naive_losses(*pair, state, SIZE, COMPARED):
        naive.append(loss)
        times.append(time.perf_counter())
    naive_seconds = min((times[n + TIMED] - times[n]) / TIMED for n in range(1, COMPARED - TIMED))

    original = stylize(
        StylizeRequest(pair[0], (pair[1],), PaintSettings(preset="seed", size=SIZE, steps=STEPS)),
        encoder,
    )
    first_losses = dict(original.outcome.curve)
    deviation = max(
        abs(first_losses[step] / loss - 1)
        for step, loss in enumerate(naive, 1)
        if step in first_losses
    )

    reached: list[Progress] = []

    def watch(progress: Progress) -> None:
        if not reached and progress.losses.total <= original.outcome.losses.total:
            reached.append(progress)

    pictures = pair[0], (pair[1],)
    request = StylizeRequest(
        *pictures, PaintSettings(preset="seed", size=SIZE, steps=FAST_STEPS, fast=True)
    )
    with suppress(Stopped):
        stylize(request, encoder, on_progress=watch, should_stop=lambda: bool(reached))
    figures = {
        "seed_naive_seconds_per_step": naive_seconds,
        "seed_loss_deviation": deviation,
        "seed_original_loss": original.outcome.losses.total,
        "seed_original_seconds": original.outcome.seconds,
    }
    if reached:
        figures["seed_fast_steps"] = reached[0].step
        figures["seed_fast_seconds"] = reached[0].seconds
        figures["seed_steps_ratio"] = STEPS / reached[0].step
        figures["seed_time_ratio"] = STEPS * naive_seconds / reached[0].seconds
    else:
        print(f"--fast did not reach the original's loss in {FAST_STEPS} steps.")
    for name, value in figures.items():
        print(f"{name:30} {value:10.4g}")
    return figures
