"""Packing pictures and reading them back."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engine.errors import DatasetRejected
from engine.pretraining.packing import Packed, listing, pack
from engine.pretraining.shards import read_shards
from tests.engine.pretraining.conftest import COLOURS, material, materials


def test_round_trip(tmp_path: Path) -> None:
    """Every picture comes back at the asked size, in order, of its class, in its colours."""
    listed = listing(materials(tmp_path / "pictures", 5, seed=1))
    packed = pack(listed, tmp_path / "shards", 24, shard_bytes=4_000)
    assert (packed.kept, packed.skipped) == (20, 0)
    assert packed.shards == len(list((tmp_path / "shards").iterdir())) > 1
    dataset = read_shards(tmp_path / "shards")
    assert dataset.classes == tuple(COLOURS)
    assert dataset.pictures.shape == (20, 3, 24, 24)
    assert dataset.labels.tolist() == [number for number in range(4) for _ in range(5)]
    for name, picture in zip(COLOURS, dataset.pictures[::5], strict=True):
        mean = np.mean(COLOURS[name], axis=0)
        assert picture.float().mean((1, 2)).numpy() == pytest.approx(mean, abs=45)


def test_webp_is_read_and_parts_may_be_missing(tmp_path: Path) -> None:
    """Shards whose metadata say WebP; with one of two only, the pictures of that one."""
    dice = np.random.default_rng(1)
    for number, name in enumerate(("sky", "sand")):
        buffer = BytesIO()
        material(name, dice).save(buffer, "WEBP", quality=60)
        tensors = {
            "jpegs": torch.frombuffer(bytearray(buffer.getvalue() * 2), dtype=torch.uint8),
            "ends": torch.tensor([1, 2]) * len(buffer.getvalue()),
            "labels": torch.tensor([number, number]),
        }
        about = {"classes": '["sky", "sand"]', "side": "32", "format": "WEBP"}
        save_file(tensors, tmp_path / f"train-{number}.safetensors", about)
    both = read_shards(tmp_path)
    assert both.labels.tolist() == [0, 0, 1, 1]
    assert both.pictures[2].float().mean((1, 2)).numpy() == pytest.approx((205, 175, 110), abs=45)
    (tmp_path / "train-0.safetensors").unlink()
    one = read_shards(tmp_path)
    assert one.labels.tolist() == [1, 1]
    assert torch.equal(one.pictures, both.pictures[2:])
    save_file(tensors, tmp_path / "train-1.safetensors", {**about, "format": "GIF"})
    with pytest.raises(DatasetRejected):
        read_shards(tmp_path)


def test_order_of_packing_is_always_the_same(tmp_path: Path) -> None:
    """Two packings of a folder are the same to the bit, so that a training can be told again."""
    listed = listing(materials(tmp_path / "pictures", 2, seed=1))
    pack(listed, tmp_path / "one", 16)
    pack(listed, tmp_path / "two", 16)
    assert read_shards(tmp_path / "one").fingerprint == read_shards(tmp_path / "two").fingerprint


def test_files_that_are_no_picture_are_left_out(tmp_path: Path) -> None:
    """A cut-off, an empty and a foreign file are counted and skipped; notes are not looked at."""
    folder = materials(tmp_path / "pictures", 2, seed=1)
    whole = (folder / "sand" / "0.png").read_bytes()
    (folder / "sand" / "cut.png").write_bytes(whole[:60])
    (folder / "sand" / "empty.jpg").touch()
    (folder / "sky" / "page.html").write_text("<html>")
    (folder / "sky" / "boxes.txt").write_text("0 0 64 64")
    assert pack(listing(folder), tmp_path / "shards", 16) == Packed(8, 3, 1)


def test_annotated_pictures(tmp_path: Path) -> None:
    """Pictures that lie together get their classes from a file, as Tiny ImageNet's validation."""
    dice = np.random.default_rng(1)
    for number, name in enumerate(("sky", "sand", "sky")):
        material(name, dice).save(tmp_path / f"{number}.png")
    notes = tmp_path / "val_annotations.txt"
    notes.write_text("0.png\tsky\t0\t0\t9\t9\n1.png\tsand\t0\t0\t9\t9\n2.png\tsky\t0\t0\t9\t9\n")
    pack(listing(tmp_path, notes), tmp_path / "shards", 16)
    dataset = read_shards(tmp_path / "shards")
    assert dataset.classes == ("sand", "sky")
    assert dataset.labels.tolist() == [1, 0, 1]


def test_nothing_to_list_is_one_sentence(tmp_path: Path) -> None:
    """A folder that is missing, empty or of one class, and notes without tabs, are refused."""
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "a.png").touch()
    (tmp_path / "notes.txt").write_text("a.png sky\n")
    for folder, notes in (
        (tmp_path / "missing", None),
        (tmp_path, None),
        (tmp_path, tmp_path / "notes.txt"),
        (tmp_path, tmp_path / "no_notes.txt"),
    ):
        with pytest.raises(DatasetRejected, match=r"\.$"):
            listing(folder, notes)


def test_packing_is_refused(tmp_path: Path) -> None:
    """A full folder, a side out of range, and a folder without any picture."""
    listed = listing(materials(tmp_path / "pictures", 1, seed=1))
    for out, side in ((tmp_path, 16), (tmp_path / "new", 8), (tmp_path / "new", 5000)):
        with pytest.raises(DatasetRejected):
            pack(listed, out, side)
    for picture in listed.pictures:
        picture.path.write_bytes(b"no picture")
    with pytest.raises(DatasetRejected, match="None of the files"):
        pack(listed, tmp_path / "new", 16)


def test_damaged_shards_are_refused(tmp_path: Path) -> None:
    """No shards, a cut-off one, other tensors, other classes: one sentence that names the place."""
    shards = tmp_path / "shards"
    with pytest.raises(DatasetRejected, match="no shards"):
        read_shards(shards)
    listed = listing(materials(tmp_path / "pictures", 2, seed=1))
    pack(listed, shards, 16)
    (shard,) = shards.iterdir()
    whole = shard.read_bytes()
    pack(listed, tmp_path / "other", 24)
    (other,) = (tmp_path / "other").iterdir()
    other.rename(shards / "shard-0001.safetensors")
    with pytest.raises(DatasetRejected, match="one `pack`"):
        read_shards(shards)
    (shards / "shard-0001.safetensors").unlink()
    for damaged in (whole[: len(whole) // 2], b"{}", b""):
        shard.write_bytes(damaged)
        with pytest.raises(DatasetRejected):
            read_shards(shards)
    blank = {
        "jpegs": torch.zeros(9, dtype=torch.uint8),
        "ends": torch.tensor([9]),
        "labels": torch.tensor([0]),
    }
    for tensors in (blank, {"jpegs": blank["jpegs"]}):
        save_file(tensors, shard, {"classes": '["a", "b"]', "side": "16"})
        with pytest.raises(DatasetRejected):
            read_shards(shards)
