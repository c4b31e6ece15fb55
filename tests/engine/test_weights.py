"""Which weights are taken, and what is refused as weights."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file

from engine import weights
from engine.commands.weights import command
from engine.errors import WeightsRejected
from engine.weights import CONVOLUTIONS, Weights, find, load


class Exploit:
    """What a hostile pickle holds: an object whose loading runs a command."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (self.command,)


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    """Return a VGG-19's convolutions and, as in torchvision's file, parts of its classifier."""
    tensors: dict[str, torch.Tensor] = {"classifier.6.bias": torch.zeros(1000)}
    for index, inputs, outputs in CONVOLUTIONS.values():
        # Expanded tensors keep the files small: a pickle stores the one value under them.
        tensors[f"features.{index}.weight"] = torch.full((1,), 0.5).expand(outputs, inputs, 3, 3)
        tensors[f"features.{index}.bias"] = torch.full((1,), float(index)).expand(outputs)
    return tensors


def test_bundled_weights_are_the_thirteen_convolutions() -> None:
    """The bundled file gives conv1_1 to conv5_1, finite and in float32, without any cache."""
    tensors = load(find("bundled"))
    assert set(tensors) == {
        f"features.{i}.{p}" for i, _, _ in CONVOLUTIONS.values() for p in ("weight", "bias")
    }
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32}
    assert sum(tensor.numel() for tensor in tensors.values()) == 12_944_960


def test_auto_prefers_imagenet_once_it_is_there(tmp_path: Path) -> None:
    """`auto` takes the bundled weights until ImageNet's lie in the cache; each says what it is."""
    assert find("auto", tmp_path) == weights.bundled()
    assert "Tiny ImageNet" in find("auto", tmp_path).description
    weights.imagenet(tmp_path).path.write_bytes(b"there")
    assert find("auto", tmp_path) == find("imagenet", tmp_path) == weights.imagenet(tmp_path)
    assert "IMAGENET1K_V1" in find("auto", tmp_path).description


def test_auto_where_the_cache_cannot_be_looked_into(tmp_path: Path) -> None:
    """A cache that even asking for a file fails in, as another user's does, has none."""
    assert find("auto", tmp_path / ("long" * 100)) == weights.bundled()


def test_imagenet_that_is_not_there_names_the_command(tmp_path: Path) -> None:
    """Asking for ImageNet's weights before they were downloaded says how to get them."""
    with pytest.raises(WeightsRejected, match="muralscape weights download"):
        find("imagenet", tmp_path)


@pytest.mark.parametrize("name", ["missing.pth", "notes.txt", "folder.pth"])
def test_choice_that_is_no_file_of_weights_is_rejected(name: str, tmp_path: Path) -> None:
    """A missing file, another suffix or a folder is one clear sentence."""
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "folder.pth").mkdir()
    with pytest.raises(WeightsRejected, match=name):
        find(str(tmp_path / name))


@pytest.mark.parametrize("new_format", [True, False])
def test_torchvision_state_dict_loads(
    new_format: bool, state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    """A named .pth of either of torch's formats gives the convolutions and nothing else."""
    path = tmp_path / "mine.pth"
    torch.save(state, path, _use_new_zipfile_serialization=new_format)
    tensors = load(find(str(path)))
    assert find(str(path)).description == "mine.pth"
    assert len(tensors) == 26
    assert tensors["features.28.bias"].eq(28).all()


def test_pickle_with_code_is_refused(tmp_path: Path) -> None:
    """A file that would run code is refused, and the code does not run."""
    path, trace = tmp_path / "evil.pth", tmp_path / "it_ran"
    torch.save({"features.0.weight": Exploit(f"touch {trace}")}, path)
    with pytest.raises(WeightsRejected, match="more than tensors"):
        load(Weights(path, "evil"))
    assert not trace.exists()


def _without(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor for name, tensor in state.items() if name != "features.28.bias"}


def _misshapen(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {**state, "features.0.weight": torch.zeros(64, 4, 3, 3)}


def _infinite(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {**state, "features.5.bias": torch.full((128,), float("inf"))}


def _integer(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {**state, "features.5.bias": torch.zeros(128, dtype=torch.int64)}


@pytest.mark.parametrize("spoil", [_without, _misshapen, _infinite, _integer])
def test_other_networks_are_rejected(
    spoil: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]],
    state: dict[str, torch.Tensor],
    tmp_path: Path,
) -> None:
    """A missing, misshapen, infinite or integer tensor is named in the sentence."""
    path = tmp_path / "other.pth"
    torch.save(spoil(state), path)
    with pytest.raises(WeightsRejected, match=r"features\.\d+\."):
        load(Weights(path, "other"))


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("content", ["empty", "text", "half", "flipped"])
def test_damaged_files_are_rejected(suffix: str, content: str, tmp_path: Path) -> None:
    """Whatever a damaged file makes the readers raise, it comes out as WeightsRejected."""
    path = tmp_path / f"whole{suffix}"
    tensors = {"features.0.bias": torch.zeros(64)}
    if suffix == ".pth":
        torch.save(tensors, path)
    else:
        save_file(tensors, path)
    whole = path.read_bytes()
    flipped = bytes(byte ^ (0x55 if at % 7 == 0 else 0) for at, byte in enumerate(whole))
    spoilt = {"empty": b"", "text": b"hello", "half": whole[: len(whole) // 2], "flipped": flipped}
    path.write_bytes(spoilt[content])
    with pytest.raises(WeightsRejected):
        load(Weights(path, "damaged"))


@pytest.mark.parametrize("new_format", [True, False])
def test_mutated_pickles_are_rejected(new_format: bool, tmp_path: Path) -> None:
    """No change to a pickle's bytes lets anything but WeightsRejected out, warnings included."""
    path = tmp_path / "mutated.pth"
    torch.save({"other": torch.zeros(9)}, path, _use_new_zipfile_serialization=new_format)
    whole, dice = path.read_bytes(), random.Random(3)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(dice.choice((1, 2, 6))):
            data[int(dice.random() ** 3 * len(data))] = dice.randrange(256)
        path.write_bytes(data)
        with pytest.raises(WeightsRejected):
            load(Weights(path, "mutated"))


def test_status_says_what_there_is_and_what_auto_takes() -> None:
    """`weights status` lists both kinds, with paths that are whole, and marks what `auto` takes."""
    result = CliRunner().invoke(command, ["status"])
    assert result.exit_code == 0
    assert str(weights.BUNDLED) in result.output
    assert "25.9 MB" in result.output
    assert result.output.count(" *") == 1


def test_finding_weights_does_not_import_torch() -> None:
    """Cold start matters: what needs no tensors leaves torch alone."""
    code = (
        "import sys, engine.commands.weights, engine.images, engine.samples;"
        "print('torch' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"
