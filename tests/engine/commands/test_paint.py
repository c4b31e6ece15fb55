"""`muralscape paint` as a person runs it, in a process of its own; its options, in this one."""

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from bot.cli import main
from engine.images import read
from engine.samples import CONTENTS, STYLES
from tests.engine.motion_clips import pan
from tests.engine.picture_files import png, png_chunk

CONTENT, STYLE = str(CONTENTS[0].path), str(STYLES[0].path)
MURALSCAPE = str(Path(sys.executable).with_name("muralscape"))
SMALL = ("--size", "32", "--steps", "8")


def muralscape(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder. One thread each: the pictures are tiny."""
    return subprocess.run(
        [MURALSCAPE, *arguments],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_paints_with_every_extra(tmp_path: Path) -> None:
    """One command leaves the picture, the video, the plot, the checkpoint, and a JSON object."""
    done = muralscape(
        "paint", CONTENT, STYLE, f"{STYLES[1].path}=0.5", "-o", "out.png", "--json", *SMALL,
        "--timelapse", "film.mp4", "--loss-plot", "loss.png", "--checkpoint", "--seed", "3",
        folder=tmp_path,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["output"] == "out.png"
    assert (report["width"], report["height"]) == read(tmp_path / "out.png").size
    assert max(report["width"], report["height"]) == 32
    assert (report["preset"], report["steps"], report["repeated_steps"]) == ("mural", 8, 0)
    assert report["final_loss"] == pytest.approx(report["content_loss"] + report["style_loss"])
    assert report["seconds"] > 0
    assert report["device"]
    assert report["precision"] in ("fp16", "bf16", "fp32")
    assert "VGG-19" in report["weights"]
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert film.streams.video[0].codec_context.name == "h264"
    assert read(tmp_path / "loss.png").size[0] > 600
    assert (tmp_path / "model" / "nst_model.pth").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "film.mp4", "loss.png", "model", "out.png",
    ]  # fmt: skip


@pytest.mark.slow
def test_says_in_one_line_what_it_made(tmp_path: Path) -> None:
    """Without --json a person reads the size, the steps, the loss and which weights painted."""
    done = muralscape("paint", CONTENT, STYLE, "-o", "out.jpg", *SMALL, folder=tmp_path)

    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    for part in ("out.jpg: 32x", "mural, 8 steps", "final loss", "VGG-19"):
        assert part in line


def paint_here(folder: Path, *arguments: str) -> Image.Image:
    """Run the command in this process, which has torch already, and read what it painted."""
    output = folder / "out.png"
    with pytest.raises(SystemExit) as ended:
        main(["paint", CONTENT, STYLE, "-o", str(output), *SMALL, *arguments])
    assert not ended.value.code
    return read(output)


def test_a_mask_keeps_the_photograph_where_it_is_black(tmp_path: Path) -> None:
    """One style and a mask: the painting has the photograph's own pixels on the black half.

    But for rounding: a large JPEG is decoded at a smaller scale.
    """
    mask = Image.new("L", (40, 40), "white")
    mask.paste("black", (0, 0, 20, 40))
    mask.save(tmp_path / "mask.png")

    painting = paint_here(tmp_path, "--mask", str(tmp_path / "mask.png"), "--brush", "bold")

    photograph = read(Path(CONTENT)).resize(painting.size, Image.Resampling.LANCZOS)
    difference = np.abs(np.asarray(painting, int) - np.asarray(photograph, int))
    same = (difference <= 4).all(axis=2)
    half = painting.width // 2
    assert same[:, :half].all()
    assert same[:, half:].mean() < 0.1


def test_each_brush_is_another_painting(tmp_path: Path) -> None:
    """Strokes come out finer or coarser than those of the medium brush."""
    pictures = {
        brush: np.asarray(paint_here(tmp_path, "--brush", brush))
        for brush in ("fine", "medium", "bold")
    }

    for other in ("fine", "bold"):
        assert (pictures["medium"] != pictures[other]).mean() > 0.2


ORDER = ("paint", CONTENT, STYLE, "--size", "32", "--steps", "120")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Image.Image:
    """What ORDER paints when nothing interrupts it."""
    folder = tmp_path_factory.mktemp("whole")
    done = muralscape(*ORDER, "-o", "out.png", folder=folder)
    assert done.returncode == 0, done.stderr
    return read(folder / "out.png")


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a file is there, while the process lives."""
    deadline = time.monotonic() + 120
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_runs_go_on_to_the_same_picture(
    blow: signal.Signals, whole: Image.Image, tmp_path: Path
) -> None:
    """Ctrl-C ends with 130 and keeps the checkpoint; after either end, --resume paints the rest."""
    for _ in range(9):  # where this process is held up, one may end before the blow
        code, said = interrupted(blow, tmp_path)
        if code != 0:
            break
    assert code == (130 if blow == signal.SIGINT else -blow)  # one was interrupted

    if blow == signal.SIGINT:
        assert code == 130
        assert len(said.splitlines()) == 1
        assert "Stopped after step" in said
        assert [path.name for path in tmp_path.iterdir()] == ["state.pth"]
    assert not (tmp_path / "a.png").exists()
    resumed = muralscape(*ORDER, "-o", "b.png", "--resume", "state.pth", folder=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    got, wanted = (np.asarray(picture).astype(int) for picture in (read(tmp_path / "b.png"), whole))
    assert np.abs(got - wanted).max() <= 1


def interrupted(blow: signal.Signals, folder: Path) -> tuple[int, str]:
    """Paint until there is a checkpoint, and end that; give the exit code and what was said."""
    for file in folder.iterdir():
        file.unlink()
    process = subprocess.Popen(
        [MURALSCAPE, *ORDER, "-o", "a.png", "--checkpoint", "state.pth"],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(folder / "state.pth", process)
    process.send_signal(blow)
    _, said = process.communicate(timeout=120)
    return process.returncode, said


@pytest.mark.slow
def test_an_interrupted_film_is_kept(tmp_path: Path) -> None:
    """Ctrl-C after some frames writes those, says how many, and ends with 130 as for a picture."""
    first, *others = pan(40, side=32)
    first.save(tmp_path / "clip.gif", save_all=True, append_images=others, duration=100)
    terminal, its_end = os.openpty()  # where the bar counts frames
    process = subprocess.Popen(
        [MURALSCAPE, "paint", "clip.gif", STYLE, "-o", "film.gif", *SMALL],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1", "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=its_end,
        text=True,
    )
    os.close(its_end)
    shown = b""
    with suppress(OSError):  # the terminal's end
        while part := os.read(terminal, 4096):
            if b"1/40" not in shown and b"1/40" in (shown := shown + part):
                process.send_signal(signal.SIGINT)
    os.close(terminal)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 130, shown
    assert "stopped after" in said
    with Image.open(tmp_path / "film.gif") as film:
        assert 1 <= film.n_frames < 40  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files that are no pictures to paint."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "empty.png").touch()
    (folder / "text.jpg").write_text("this is not a picture")
    (folder / "truncated.jpg").write_bytes(Path(CONTENT).read_bytes()[:5000])
    Image.new("RGB", (1, 1)).save(folder / "tiny.png")
    pixels = png_chunk(b"IDAT", zlib.compress(bytes(100_000)))
    (folder / "huge.png").write_bytes(png(50_000, 50_000, 8, 0, pixels))
    (folder / "file").touch()
    (folder / "state.pth").write_bytes(b"no checkpoint")
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ["missing.png", STYLE, "-o", "out.png"],
        [".", STYLE, "-o", "out.png"],
        [CONTENT, "missing.png", "-o", "out.png"],
        ["empty.png", STYLE, "-o", "out.png"],
        ["text.jpg", STYLE, "-o", "out.png"],
        ["truncated.jpg", STYLE, "-o", "out.png"],
        ["tiny.png", STYLE, "-o", "out.png"],
        ["huge.png", STYLE, "-o", "out.png"],
        [CONTENT, STYLE, "-o", "out.png", "--preset", "oil"],
        [CONTENT, STYLE, "-o", "out.png", "--size", "0"],
        [CONTENT, STYLE, "-o", "out.png", "--size", "many"],
        [CONTENT, STYLE, "-o", "out.png", "--size", "9" * 30],
        [CONTENT, STYLE, "-o", "out.png", "--memory", "nan"],
        [CONTENT, STYLE, "-o", "out.png", "--memory", "inf"],
        [CONTENT, STYLE, "-o", "out.png", "--steps", "-1"],
        [CONTENT, STYLE, "-o", "out.png", "--strength", "nan"],
        [CONTENT, STYLE, "-o", "out.png", "--brush", "broom"],
        [CONTENT, STYLE, "-o", "out.png", "--preset", "gatys", "--brush", "bold"],
        [CONTENT, STYLE, "-o", "out.png", "--mask", "missing.png"],
        [CONTENT, STYLE, "-o", "out.png", "--mask", "text.jpg"],
        [CONTENT, STYLE, STYLE, STYLE, "-o", "out.png", "--mask", CONTENT],
        [CONTENT, STYLE, STYLE, "-o", "out.png", "--mask", CONTENT, "--preset", "gatys"],
        [CONTENT, STYLE, "-o", "nowhere/out.png"],
        [CONTENT, STYLE, "-o", "file/out.png"],
        [CONTENT, STYLE, "-o", "."],
        [CONTENT, STYLE, "-o", "out.xyz"],
        [CONTENT, STYLE, "-o", "out.png", "--timelapse", "nowhere/film.mp4"],
        [CONTENT, STYLE, "-o", "out.png", "--device", "cuda:77", *SMALL],
        [CONTENT, STYLE, "-o", "out.png", "--weights", "missing.safetensors", *SMALL],
        [CONTENT, STYLE, "-o", "out.png", "--resume", "state.pth", *SMALL],
        [CONTENT, STYLE, "-o", "out.png", "--resume", "missing.pth", *SMALL],
        [CONTENT, f"{STYLE}=much", "-o", "out.png"],
        [CONTENT, f"{STYLE}=1e308", f"{STYLE}=1e308", "-o", "out.png"],
        [CONTENT, "-o", "out.png"],
        [CONTENT, STYLE],
        [CONTENT, STYLE, "-o", "out.png", "--unknown"],
    ],
    ids=lambda arguments: " ".join(Path(a).name for a in arguments),
)
def test_wrong_input_is_answered_with_one_line(
    arguments: list[str],
    bad: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, one line that says what is wrong, no traceback, and nothing left behind."""
    before = sorted(bad.iterdir())
    monkeypatch.chdir(bad)

    with pytest.raises(SystemExit) as ended:
        main(["paint", *arguments])

    said = capsys.readouterr()
    assert ended.value.code == 2, said.err
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith("muralscape: ")
    assert len(line) > len("muralscape: ") + 10
    assert sorted(bad.iterdir()) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told_first(tmp_path: Path) -> None:
    """A read-only folder is refused before anything is painted."""
    tmp_path.chmod(0o500)

    done = muralscape("paint", CONTENT, STYLE, "-o", "out.png", folder=tmp_path)

    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_a_memory_that_is_too_small_is_told_before_painting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says how much the program needs, and nothing is left behind."""
    with pytest.raises(SystemExit) as ended:
        main(
            ["paint", CONTENT, STYLE, "-o", str(tmp_path / "out.png"), "--size", "2048",
             "--memory", "0.1"]
        )  # fmt: skip

    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "The program alone takes" in said
    assert len(said.splitlines()) == 1
    assert not list(tmp_path.iterdir())
