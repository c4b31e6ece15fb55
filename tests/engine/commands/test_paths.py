"""Paths of `muralscape paint`: one file never has two roles, whatever it is called."""

import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.cli import main
from engine.commands.paths import DEFAULT_CHECKPOINT, with_usual_checkpoints

# role -> the ending of its file; what is written comes last
READ = {"CONTENT": ".png", "STYLE": ".png", "--mask": ".png", "--weights": ".pth"}
WRITTEN = {"-o": ".png", "--timelapse": ".mp4", "--loss-plot": ".png", "--checkpoint": ".pth"}
ROLES = READ | WRITTEN
PAIRS = [pair for pair in itertools.combinations(ROLES, 2) if set(pair) & set(WRITTEN)]
SPELLINGS = ("same", "./", "folder/..", "absolute", "symbolic link", "hard link", "case")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for each example to fill."""
    return tmp_path_factory.mktemp("paths")


def spelled(path: Path, how: str) -> Path:
    """Another name of the same file."""
    match how:
        case "./":
            return Path(f"./{path}")
        case "folder/..":
            Path("folder").mkdir(exist_ok=True)
            return Path("folder") / ".." / path
        case "absolute":
            return path.absolute()
        case "symbolic link" | "hard link":
            link = Path(f"link-{path}")
            link.unlink(missing_ok=True)
            if how == "symbolic link":
                link.symlink_to(path)
            else:
                link.hardlink_to(path)
            return link
        case "case":
            return Path(str(path).upper())
    return path


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(PAIRS), st.sampled_from(SPELLINGS), st.booleans())
def test_no_pair_of_paths_is_one_file(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pair: tuple[str, str],
    spelling: str,
    exists: bool,
) -> None:
    """Refused in one line before anything is written, and every file is as it was."""
    one, other = pair
    exists = exists or one in READ or spelling == "hard link"
    if spelling == "case" and exists:
        spelling = "same"  # on a file system with cases these are two files
    monkeypatch.chdir(folder)
    for old in folder.iterdir():
        old.rmdir() if old.is_dir() else old.unlink()
    paths = {role: Path(f"{number}{ending}") for number, (role, ending) in enumerate(ROLES.items())}
    for role in READ:
        Image.new("RGB", (32, 32), "teal").save(paths[role], "PNG")
    if exists:
        Image.new("RGB", (32, 32), "red").save(paths[one], "PNG")
    paths[other] = spelled(paths[one], spelling)
    before = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}

    words = ["paint", str(paths["CONTENT"]), str(paths["STYLE"])]
    for role in (*list(READ)[2:], *WRITTEN):
        if role == "-o" or role in pair:
            words.append(f"{role}={paths[role]}" if role != "-o" else f"-o{paths[role]}")
    with pytest.raises(SystemExit) as ended:
        main(words)

    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "are the same file" in line
    after = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    assert after == before


def test_a_checkpoint_may_be_gone_on_from_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--checkpoint F --resume F` is how an interrupted painting goes on: F is read, then kept."""
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (32, 32), "teal").save("a.png")
    with pytest.raises(SystemExit):
        main(["paint", "a.png", "a.png", "-o", "b.png", "--checkpoint=s.pth", "--resume=s.pth"])
    assert "There is no checkpoint at s.pth" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("--checkpoint photo.png s.jpg", f"--checkpoint={DEFAULT_CHECKPOINT} photo.png s.jpg"),
        ("photo.png s.jpg --resume", f"photo.png s.jpg --resume={DEFAULT_CHECKPOINT}"),
        (
            "--checkpoint --resume",
            f"--checkpoint={DEFAULT_CHECKPOINT} --resume={DEFAULT_CHECKPOINT}",
        ),
        ("--checkpoint a.pth b.png", "--checkpoint a.pth b.png"),
        ("--checkpoint=any b.png", "--checkpoint=any b.png"),
        ("-- --checkpoint", "-- --checkpoint"),
    ],
)
def test_a_picture_is_never_taken_for_a_checkpoint(words: str, meant: str) -> None:
    """Without `=` only what ends as checkpoints do is an optional path."""
    assert with_usual_checkpoints(words.split()) == meant.split()


@pytest.mark.parametrize(
    "words",
    [
        "--timelapse t.gif",
        "--timelapse t",
        "--loss-plot x.jpg",
        "--checkpoint=c.png",
        "--keep-alpha -o out.jpg",
    ],
)
def test_an_ending_of_another_format_is_refused(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written under a name that promises something else."""
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (32, 32), "teal").save("a.png")
    with pytest.raises(SystemExit) as ended:
        main(["paint", "a.png", "a.png", "-o", "b.png", *words.split()])
    assert ended.value.code == 2
    assert "end it in" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]
