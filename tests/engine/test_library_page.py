"""The page on the engine as a library: its code runs."""

import re
from pathlib import Path

import pytest

from engine.request import Painting

PAGE = Path(__file__).parents[2] / "docs" / "library.md"


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code blocks run one after another, and write the files that they name."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    values: dict[str, object] = {}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{PAGE.name}, block {number}", "exec"), values)
    names = {"painting.png", "half.pth", "timelapse.mp4", "curve.png"}
    assert names <= {file.name for file in tmp_path.iterdir()}
    blended, divided = values["blended"], values["divided"]
    assert isinstance(blended, Painting)
    assert isinstance(divided, Painting)
    assert max(divided.picture.size) == 48
    assert divided.picture.tobytes() != blended.picture.tobytes()
