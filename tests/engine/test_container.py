"""Memory left in a container, read from files as the kernel writes them."""

from pathlib import Path

import pytest

from engine.container import Room, rooms_in_container


def group(folder: Path, names: tuple[str, str, str], limit: str, used: int, cache: int) -> None:
    """Write one group's files; `names` are those of its limit, its use and its idle cache."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 1\n{names[2]} {cache}\nslab 5\n")


V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
V2 = ("memory.max", "memory.current", "inactive_file")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """This process's list of groups, of version 2 inside a container."""
    file = tmp_path / "own"
    file.write_text("0::/\n")
    return file


def test_the_page_cache_is_free(tmp_path: Path, own: Path) -> None:
    """Files that were read long ago give their memory back, so it counts as free."""
    group(tmp_path / "groups", V2, "2000", used=1900, cache=1500)
    assert rooms_in_container(tmp_path / "groups", own) == [Room(1600, 2000)]


def test_no_limit(tmp_path: Path, own: Path) -> None:
    """A group without a limit says nothing, and neither does a machine without groups."""
    assert rooms_in_container(tmp_path / "groups", own) == []
    group(tmp_path / "groups", V2, "max", used=1900, cache=0)
    assert rooms_in_container(tmp_path / "groups", own) == []
    assert rooms_in_container(tmp_path / "groups", tmp_path / "missing") == []


def test_version_1(tmp_path: Path, own: Path) -> None:
    """Version 1 has other names, and its path may be that on the host."""
    own.write_text("9:name=systemd:/\n4:cpu,memory:/docker/a1b2\n0::/\n")
    group(tmp_path / "groups/memory", V1, "2000", used=1500, cache=1000)
    assert rooms_in_container(tmp_path / "groups", own) == [Room(1500, 2000)]


def test_the_limits_of_the_parents(tmp_path: Path, own: Path) -> None:
    """A systemd unit is limited by its slice too."""
    own.write_text("0::/system.slice/muralscape.service\n")
    groups = tmp_path / "groups"
    group(groups / "system.slice/muralscape.service", V2, "max", used=10, cache=0)
    group(groups / "system.slice", V2, "500", used=100, cache=0)
    group(groups, V2, "9000", used=100, cache=0)
    assert rooms_in_container(groups, own) == [Room(400, 500), Room(8900, 9000)]


def test_more_cache_than_use(tmp_path: Path, own: Path) -> None:
    """The two are not read at one moment: what is free is never more than the limit."""
    group(tmp_path / "groups", V2, "2000", used=100, cache=150)
    assert rooms_in_container(tmp_path / "groups", own) == [Room(2000, 2000)]
    group(tmp_path / "groups", V2, "2000", used=2500, cache=100)
    assert rooms_in_container(tmp_path / "groups", own) == [Room(0, 2000)]
