"""What goes wrong around a painting: one line, a sensible exit code, and the painting is kept."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import OutputRejected
from engine.images import read
from engine.saving import check_size
from tests.engine.commands.test_paint import CONTENT, MURALSCAPE, SMALL, STYLE, muralscape

pytestmark = pytest.mark.slow  # each paints, in a process of its own

PAINT = ("paint", CONTENT, STYLE, "-o", "out.png", *SMALL)


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command line with its redirections."""
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "MPLCONFIGDIR": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


FULL = "mkdir -p full && mount -t tmpfs -o size=4k tmpfs full"  # in a namespace of its own


def can_mount(folder: Path) -> bool:
    """Whether a small disk can be had here."""
    if shutil.which("unshare") is None:
        return False
    return shell(f"unshare -rm bash -c '{FULL}'", folder).returncode == 0


@pytest.mark.parametrize(
    "extra",
    ["--checkpoint=full/state.pth", "--timelapse=full/film.mp4", "--loss-plot=full/plot.png"],
)
def test_a_full_disk_costs_only_what_does_not_fit(extra: str, tmp_path: Path) -> None:
    """The painting is there; a line says what is not, and the exit code is 1."""
    if not can_mount(tmp_path):
        pytest.skip("no disk can be mounted here")
    paint = f"{MURALSCAPE} {' '.join(PAINT)} {extra}; code=$?; ls -A full; exit $code"
    done = shell(f"unshare -rm bash -c '{FULL}; {paint}'", tmp_path)

    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.splitlines()
    assert extra.split("=")[1] in line
    assert "cannot be written" in line
    assert max(read(tmp_path / "out.png").size) == 32
    (said,) = done.stdout.splitlines()  # and nothing is left on the full disk
    assert "final loss" in said


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("--seed 18446744073709551615", "The seed must be"),
        ("--seed -9223372036854775809", "The seed must be"),
        ("--checkpoint", "model cannot be written"),
        ("a=b/missing.jpg", "a=b/missing.jpg does not exist"),
    ],
)
def test_what_cannot_be_is_told_before_painting(extra: str, words: str, tmp_path: Path) -> None:
    """A seed that no generator takes, a file where a folder should be, a `=` in a path."""
    (tmp_path / "model").touch()
    done = muralscape(*PAINT, *extra.split(), folder=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert words in line
    assert not (tmp_path / "out.png").exists()


def test_the_largest_seed_paints(tmp_path: Path) -> None:
    """2^63 - 1 is a seed like others."""
    done = muralscape(*PAINT, "--seed", str(2**63 - 1), folder=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
@pytest.mark.parametrize("streams", [">/dev/full", ">/dev/full 2>&-"])
def test_a_full_standard_output(streams: str, tmp_path: Path) -> None:
    """The painting is there, one line says why nothing was, and the exit code is 1."""
    done = shell(f"{MURALSCAPE} {' '.join(PAINT)} {streams}", tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == ("2>&-" not in streams)
    assert (tmp_path / "out.png").is_file()


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_paint(closed: str, tmp_path: Path) -> None:
    """What nobody can read is not said; the painting is the same."""
    done = shell(f"{MURALSCAPE} {' '.join(PAINT)} {closed}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert max(read(tmp_path / "out.png").size) == 32


def test_limits_of_formats_are_known_before(tmp_path: Path) -> None:
    """WebP has 14 bits for a side, JPEG 16; other formats have more."""
    for name, fits, too_many in (("a.webp", 16383, 16384), ("a.jpg", 65535, 65536)):
        check_size(Path(name), (fits, 10))
        with pytest.raises(OutputRejected, match=f"{fits} pixels on a side, not {too_many}"):
            check_size(Path(name), (10, too_many))
    check_size(Path("a.png"), (100_000, 1))
    done = muralscape("paint", CONTENT, STYLE, "-o", "out.webp", "--size", "16384", folder=tmp_path)
    assert done.returncode == 2
    assert "16383 pixels on a side" in done.stderr


def test_an_unwritable_home_is_not_warned_of(tmp_path: Path) -> None:
    """The plot is drawn, and standard error stays empty."""
    home = tmp_path / "home"
    home.write_text("no folder")
    command = f"HOME={home} MPLCONFIGDIR={home} {MURALSCAPE} {' '.join(PAINT)} --loss-plot p.png"
    done = shell(command, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "p.png").is_file()


def test_a_cut_picture_is_told(tmp_path: Path) -> None:
    """The painting is made of what is there; a line says so, and the JSON too."""
    data = Path(CONTENT).read_bytes()
    (tmp_path / "cut.jpg").write_bytes(data[: len(data) * 97 // 100])
    done = muralscape("paint", "cut.jpg", STYLE, "-o", "out.png", *SMALL, "--json", folder=tmp_path)
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert "cut.jpg is cut off" in line
    assert "cut.jpg is cut off" in done.stdout


def test_a_sticker_is_painted_transparent(tmp_path: Path) -> None:
    """A small cut-out picture stays transparent, but for a JPEG, and where that is not wanted."""
    sticker = Image.new("RGBA", (64, 64))
    sticker.paste("red", (16, 16, 48, 48))
    sticker.save(tmp_path / "sticker.png")
    for output, options, mode in (
        ("a.png", [], "RGBA"),
        ("b.webp", [], "RGBA"),
        ("c.jpg", [], "RGB"),
        ("d.png", ["--no-keep-alpha"], "RGB"),
    ):
        done = muralscape(
            "paint", "sticker.png", STYLE, "-o", output, *SMALL, *options, folder=tmp_path
        )
        assert done.returncode == 0, done.stderr
        with Image.open(tmp_path / output) as painting:
            assert painting.mode == mode
            if mode == "RGBA":
                opacity = painting.getchannel("A")
                assert (opacity.getpixel((0, 0)), opacity.getpixel((16, 16))) == (0, 255)
