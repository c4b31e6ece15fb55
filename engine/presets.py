"""The presets: named ways to paint, as plain data free of torch.

What each means for the optimisation is in `engine.stylize`; this page is what people choose from.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """A named way to paint and what it does when nothing else is asked for."""

    name: str
    summary: str  # one line for help texts and choices
    size: int  # pixels on the long side
    steps: int  # optimisation steps over all scales


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("mural", "the best picture: coarse to fine, aspect ratio kept", 512, 300),
        Preset("draft", "a preview in seconds", 256, 40),
        Preset("gatys", "the paper: one scale, five style layers, L-BFGS", 512, 300),
        Preset("seed", "the original Muralscape, number for number, at 256x256", 256, 2000),
    )
}
DEFAULT_PRESET = "mural"
