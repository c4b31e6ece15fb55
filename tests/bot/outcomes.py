"""How a painting was made, for tests that need any such outcome."""

from engine.request import Losses, PaintOutcome

OUTCOME = PaintOutcome(
    width=64,
    height=48,
    preset="mural",
    steps=300,
    losses=Losses(total=12.5, content=2.5, style=10.0),
    seconds=9.5,
    device="cpu",
    precision="fp32",
    weights="bundled VGG-19",
    seed=0,
    curve=((1, 100.0), (300, 12.5)),
    scale_starts=(1, 150),
)
