"""Draws docs/films.webp from what `python -m tests.benchmarks films` left in build/films.

For each clip: its frames, painted from one another, and painted each alone.
"""

from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
CLIPS = ("pan", "walk")
COLUMNS = 4  # of the later frames
HEIGHT = 192  # pixels of a frame
GAP = 8


def main() -> None:
    """Join the sheets."""
    parts = []
    for name in CLIPS:
        with Image.open(ROOT / "build" / "films" / f"{name}.png") as sheet:
            width = sheet.height // 3 * 4 // 3
            parts.append(sheet.convert("RGB").crop((width, 0, width * (1 + COLUMNS), sheet.height)))
    height = sum(part.height for part in parts) + GAP * (len(parts) - 1)
    joined = Image.new("RGB", (parts[0].width, height), "white")
    top = 0
    for part in parts:
        joined.paste(part, (0, top))
        top += part.height + GAP
    joined.save(ROOT / "docs" / "films.webp", quality=80, method=6)


if __name__ == "__main__":
    main()
