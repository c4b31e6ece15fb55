"""How many operations a painting takes, counted, and what seconds they make on cards by the rates
that their maker publishes. Computed, not measured: the share of its rate that a card reaches is an
assumption."""

import math
from dataclasses import dataclass

from PIL import Image

from engine.device import Device
from engine.memory import estimate_bytes
from engine.presets import PRESETS, settle
from engine.request import PaintSettings, StylizeRequest
from engine.scales import plan_scales
from engine.vgg19 import multiply_adds_per_pixel

SHARES = (0.25, 0.4)  # of the published rate: assumed
CASES = (("draft", 256), ("mural", 512), ("mural", 1024), ("mural", 2048), ("gatys", 512),
         ("seed", 256))  # fmt: skip
ASPECT = 3 / 4  # of a photograph


@dataclass(frozen=True)
class Card:
    """A card, by its maker's figures: FP16 on tensor cores, dense, summed in FP32."""

    name: str
    teraflops: float
    watts: int
    gib: int


CARDS = (
    Card("T4", 65, 70, 16),
    Card("RTX 3060", 25.5, 170, 12),  # GeForce cards sum in FP32 at half their rate
    Card("RTX 4090", 165, 450, 24),
    Card("L4", 121, 72, 24),
    Card("A10", 125, 150, 24),
    Card("A100 SXM", 312, 400, 80),
    Card("H100 SXM", 989, 700, 80),
)


def operations(request: StylizeRequest) -> float:
    """Multiplications and additions in the convolutions of a painting.

    Each step is one pass forward and one back to the picture, which cost the same; each scale
    begins with one pass forward of the content and one of each style, taken to be of the same size,
    and one more of the recoloured content where neighbours are looked for.
    """
    recipe, _, _ = settle(request.settings)
    targets = 1 + len(request.styles) + bool(recipe.matching)
    forward = 2 * multiply_adds_per_pixel(recipe.content_taps.keys() | recipe.style_taps.keys())
    return float(
        sum(
            (2 * scale.steps + targets) * forward * math.prod(scale.canvas)
            for scale in plan_scales(request)
        )
    )


def photograph(preset: str, size: int) -> StylizeRequest:
    """A request for a picture of usual shape."""
    picture = Image.new("RGB", (size, round(size * ASPECT)))
    return StylizeRequest(picture, (picture,), PaintSettings(preset=preset, size=size))


def run(device: Device) -> dict[str, float]:
    """Operations, memory in FP16 or BF16, and seconds by card, of each preset at usual sizes."""
    print(f"{'':13}operations    memory  " + "  ".join(f"{card.name:>10}" for card in CARDS))
    figures: dict[str, float] = {}
    for preset, size in CASES:
        request = photograph(preset, size)
        count = operations(request)
        recipe, _, _ = settle(request.settings)
        gib = estimate_bytes(plan_scales(request)[-1].canvas, device, recipe) / 2**30
        print(
            f"{preset:6}{size:6} {count / 1e12:8.3g} T  {gib:4.1f} GiB  "
            + "  ".join(f"{_seconds(count, card):>10}" for card in CARDS)
        )
        figures[f"operations_{preset}_{size}"] = count
    assert {preset for preset, _ in CASES} == PRESETS.keys()
    return figures


def _seconds(count: float, card: Card) -> str:
    """From the higher assumed share to the lower."""
    low, high = sorted(count / (share * card.teraflops * 1e12) for share in SHARES)
    return f"{low:.2g}-{high:.2g} s"
