"""Whether it is right: the machine, graphs against eager steps, the tests, FP16 against FP32."""

import os
import platform
import subprocess
import sys
import time

import torch

from engine.step import compare
from engine.stylize import stylize
from tests.benchmarks.card.tools import (
    CARD,
    DEVICE,
    GIB,
    HALF,
    REHEARSAL,
    attempt,
    eager,
    encoder,
    matrix_tflops,
    milliseconds,
    replays,
    request,
    stepper,
    synchronize,
    without_launches,
)

PRESETS = ("mural", "draft", "gatys", "seed")


def env() -> None:
    """The machine, and the rates that all others are measured by."""
    with attempt("env", "machine") as found:
        found |= {
            "torch": torch.__version__,
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "missing": os.environ.get("GPU_DAY_MISSING", ""),
        }
        if CARD:
            card = torch.cuda.get_device_properties(0)
            found |= {
                "card": card.name,
                "capability": f"{card.major}.{card.minor}",
                "gib": card.total_memory / GIB,
                "architectures": torch.cuda.get_arch_list(),
                "smi": subprocess.run(
                    ["nvidia-smi", "--query-gpu=driver_version,clocks.sm,power.limit,memory.used",
                     "--format=csv,noheader"],
                    capture_output=True, text=True, timeout=20, check=False,
                ).stdout.strip(),
            }  # fmt: skip
    with attempt("env", "rates") as found:
        began = time.perf_counter()
        small = torch.zeros(16, device=DEVICE)
        synchronize()
        found["first_tensor_s"] = time.perf_counter() - began
        found["half_tflops"] = matrix_tflops(8192)
        found["fp32_tflops"] = matrix_tflops(4096, torch.float32)
        size = GIB if CARD else 2**20
        one, other = (torch.empty(size, dtype=torch.uint8, device=DEVICE) for _ in range(2))
        found["copy_tb_s"] = 2 * size / milliseconds(lambda: other.copy_(one), 10) * 1000 / 1e12
        found["small_kernel_us"] = 1000 * without_launches(lambda: small.add_(1.0), 200)
        found["small_kernel_eager_us"] = 1000 * milliseconds(lambda: small.add_(1.0), 200)


def smoke() -> None:
    """Whether steps wait for the host, and replays do what eager steps do."""
    side = 128 if CARD else 32
    for preset in PRESETS:
        with attempt("smoke", f"no waiting, {preset}") as found:
            one = stepper(preset, side)
            one._take(one._encoder)
            synchronize()
            try:
                if CARD:
                    torch.cuda.set_sync_debug_mode("error")
                one._take(one._encoder)
            finally:
                if CARD:
                    torch.cuda.set_sync_debug_mode("default")
            found["ok"] = True
        with attempt("smoke", f"replay, {preset}") as found:
            plain, replayed = eager(stepper(preset, side)), stepper(preset, side)
            rows = [[one.take(1)[0] for _ in range(8)] for one in (plain, replayed)]
            found["is_replayed"] = replays(replayed)
            found["repeated"] = [sum(reading.repeated for reading in row) for row in rows]
            found["loss"] = [row[-1].losses.total for row in rows]
            pairs = zip(*rows, strict=True)
            found["worst"] = max(abs(a.losses.total / b.losses.total - 1) for a, b in pairs)
    with attempt("smoke", "fp32 between replays") as found:
        plain, replayed = eager(stepper("mural", side)), stepper("mural", side)
        for one in (plain, replayed):
            for _ in range(6):
                one.take(1)
            one._take(one._encoder.in_fp32)
            one.take(2)
        found["difference"] = float((plain.canvas - replayed.canvas).abs().max())
    with attempt("smoke", "overflow in a replay") as found:
        one = stepper("seed", side)
        found["is_replayed"] = replays(one)
        one._loss_scale.mul_(2.0**12)
        before = float(one._loss_scale)
        found["repeated"] = [reading.repeated for reading in one.take(2)]
        found["scale"] = [before, float(one._loss_scale)]
    with attempt("smoke", "restored after a capture") as found:
        one = stepper("mural", side)
        replays(one)
        saved = {name: value.clone().cpu() for name, value in one.state().items()}
        first = one.take(1)[0].losses.total
        one.restore(saved)
        found["ratio"] = one.take(1)[0].losses.total / first


def tests() -> None:
    """The project's own that need a card."""
    with attempt("tests", "pytest") as found:
        files = ["tests/engine/test_stylize.py", "tests/engine/test_cuda_without_card.py"]
        chosen = ["-m", "gpu"] if CARD else ["-k", "every_preset and draft"]
        code = (
            "from tests.benchmarks.card import bare; bare.make_do(); import sys, pytest; "
            "sys.exit(pytest.main(sys.argv[1:]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, "-rfE", "--tb=short", "-c", os.devnull,
             "--rootdir=.", "--confcutdir=tests/engine", "-p", "no:cacheprovider", *chosen, *files],
            capture_output=True, text=True, timeout=100, check=False,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        )  # fmt: skip
        print(done.stdout[-8000:], done.stderr[-2000:])
        lines = done.stdout.strip().splitlines()
        found["code"] = done.returncode
        found["counts"] = [line for line in lines if " passed" in line or " failed" in line]
        found["failed"] = [line[:140] for line in lines if line.startswith(("FAILED", "ERROR"))]


def numbers() -> None:
    """FP16 against FP32 on the same card: where paintings end, and gradients on the way."""
    side, steps = (256, None) if CARD else (32, 6)
    for preset in PRESETS:
        with attempt("numbers", preset) as found:
            outcomes = {
                precision: stylize(request(preset, side, steps), encoder(precision)).outcome
                for precision in (HALF, "fp32")
            }
            half, full = outcomes[HALF], outcomes["fp32"]
            found["loss"] = [half.losses.total, full.losses.total]
            found["ratio"] = half.losses.total / full.losses.total
            found["repeated"] = half.repeated_steps
            found["seconds"] = [half.seconds, full.seconds]
        with attempt("numbers", f"gradient, {preset}") as found:
            one, exact = stepper(preset, side), stepper(preset, side, "fp32")
            errors = []
            for _ in range(4):
                exact.canvas.copy_(one.canvas)
                gradients = []
                for each, scale in ((one, one._loss_scale), (exact, exact._no_scale)):
                    device = each._encoder.device
                    with torch.no_grad():
                        *_, gradient = compare(
                            each._encoder, each._recipe, each._objective, each.canvas,
                            each._blocks(device), scale,
                        )  # fmt: skip
                    gradients.append(gradient / scale)
                a, b = gradients
                errors.append(float((a - b).norm() / b.norm()))
                one.take(1)
            found["errors"] = errors
    with attempt("numbers", "cpu and card") as found:  # the first loss, both in FP32
        if not REHEARSAL:
            here = eager(stepper("gatys", 96, "fp32")).take(1)[0].losses.total
            code = (
                "from tests.benchmarks.card import bare; bare.make_do();"
                "from tests.benchmarks.card import tools as t; t.CARD, t.DEVICE = False, 'cpu';"
                "print(t.stepper('gatys', 96, 'fp32', memory_budget=2**40).take(1)[0].losses.total)"
            )
            done = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
            )
            found["ratio"] = here / float(done.stdout.split()[-1])
