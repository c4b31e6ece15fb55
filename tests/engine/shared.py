"""Pictures to measure with that are not part of the project; they may be missing."""

from pathlib import Path

SHARED_PICTURES = Path(__file__).parents[3] / "shared" / "pictures"
