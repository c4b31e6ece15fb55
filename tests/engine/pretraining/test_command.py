"""`python -m engine.pretraining` as it is typed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.pretraining.__main__ import main
from engine.samples import CONTENTS
from tests.engine.pretraining.conftest import materials


def pretraining(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "engine.pretraining", *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_from_pictures_to_weights(tmp_path: Path) -> None:
    """The commands of the model card, one after the other, give weights and their card."""
    shards, out, target = tmp_path / "shards", tmp_path / "out", tmp_path / "new.safetensors"
    packed = pretraining("pack", materials(tmp_path / "pictures", 4, 1), shards, "--side", "16")
    assert "16 pictures of 4 classes in 1 shards; 0 files" in packed.stdout
    trained = pretraining(
        "train", shards, "--validation", shards, "--out", out, "--epochs", "1", "--batch", "8",
        "--size", "16", "--first-size", "16", "--rate", "0.01", "--device", "cpu",
        "--precision", "fp32",
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    assert "epoch   1 of 1  16 px  loss" in trained.stderr
    assert "accuracy" in trained.stderr
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    shutil.copy(CONTENTS[0].path, photographs)
    exported = pretraining("export", out, "--photographs", photographs, "--to", target)
    assert exported.returncode == 0, exported.stderr
    assert target.stat().st_size > 25e6
    assert "--epochs 1 --batch 8 --size 16" in target.with_suffix(".md").read_text()
    (out / "checkpoint.pt").unlink()


@pytest.mark.parametrize(
    "arguments",
    [
        ("pack", "nowhere", "shards"),
        ("train", "nowhere", "--out", "out"),
        ("train", "nowhere", "--out", "out", "--batch", "many"),
        ("train", "nowhere", "--out", "out", "--rate", "-1"),
        ("export", "nowhere", "--photographs", "nowhere", "--to", "new.safetensors"),
        ("export", "nowhere", "--photographs", "nowhere", "--to", "new.pth"),
        ("unpack",),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, one line on standard error, nothing left behind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["-m", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith("python -m engine.pretraining: ")
    assert list(tmp_path.iterdir()) == []
