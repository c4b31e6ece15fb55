"""`python -m engine.pretraining` as it is typed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from engine.pretraining.__main__ import main
from engine.samples import CONTENTS
from engine.weights import bundled, load
from tests.engine.pretraining.conftest import materials

# What a lent machine lacks is hidden, as in the card benchmarks' rehearsal.
ON_A_BARE_MACHINE = """
import sys
from tests.benchmarks.card import bare
assert {"click", "rich", "safetensors", "torchvision"} <= set(bare.make_do())
del sys.modules["safetensors"], sys.modules["safetensors.torch"]  # its stand-ins
from engine.pretraining.__main__ import main
main()
"""


def pretraining(*arguments: str | Path, bare: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, with torch, numpy and Pillow alone if `bare`."""
    command = ["-c", ON_A_BARE_MACHINE] if bare else ["-m", "engine.pretraining"]
    return subprocess.run(
        [sys.executable, *command, *map(str, arguments)],
        capture_output=True, text=True, check=False, env={**os.environ, "GPU_DAY_REHEARSAL": "1"},
    )  # fmt: skip


@pytest.mark.slow
def test_from_pictures_to_weights(tmp_path: Path) -> None:
    """The commands of the model card, one after the other, give weights and their card."""
    shards, out, target = tmp_path / "shards", tmp_path / "out", tmp_path / "new.safetensors"
    packed = pretraining("pack", materials(tmp_path / "pictures", 4, 1), shards, "--side", "16")
    assert "16 pictures of 4 classes in 1 shards; 0 files" in packed.stdout
    given = tmp_path / "given.pt"  # a pickle, which torch alone reads
    torch.save(load(bundled()), given)
    trained = pretraining(  # the training that a card does in six minutes
        "train", shards, "--validation", shards, "--out", out, "--epochs", "3", "--minutes", "6",
        "--start", given, "--batch", "8", "--size", "24", "--first-size", "16", "--rate", "0.01",
        "--device", "cpu", "--precision", "bf16", bare=True,
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    assert "epoch   2 of 3  16 px  loss" in trained.stdout
    assert "epoch   3 of 3  24 px  loss" in trained.stdout
    assert "at the pictures' own 16 px" in trained.stdout
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    shutil.copy(CONTENTS[0].path, photographs)
    exported = pretraining("export", out, "--photographs", photographs, "--to", target)
    assert exported.returncode == 0, exported.stderr
    assert target.stat().st_size > 25e6
    assert "--epochs 3 --minutes 6 --batch 8 --size 24" in target.with_suffix(".md").read_text()
    assert f"begun with the weights {given}" in target.with_suffix(".md").read_text()
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
