"""The Dockerfile and what it copies."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.settings_loader import names

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"


def instructions() -> list[tuple[str, str]]:
    """Read the Dockerfile's instructions, with continued lines joined."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    split = (line.split(maxsplit=1) for line in joined.splitlines() if line.strip())
    return [(name, " ".join(rest.split())) for name, rest in split]


def final_stage() -> list[tuple[str, str]]:
    """Read the instructions of the image itself."""
    found = instructions()
    last = max(at for at, (name, _) in enumerate(found) if name == "FROM")
    return found[last:]


def ignored_except() -> list[str]:
    """List what .dockerignore lets through."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    return [line[1:] for line in lines if line.startswith("!")]


def test_hadolint_finds_nothing() -> None:
    """The linter has nothing to say."""
    beside = Path(sys.executable).with_name("hadolint")
    hadolint = beside if beside.is_file() else shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint has no package for this machine")
    run = subprocess.run([hadolint, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "")


def test_layers() -> None:
    """Dependencies and package are layers of their own; Dependabot can raise their one base."""
    bases = [rest.split()[0] for name, rest in instructions() if name == "FROM"]
    assert bases == [bases[0], "base", "dependencies", "base", "base", "cuda", "${DEVICE}"]
    assert re.fullmatch(r"python:3\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", bases[0])
    copies = [rest for name, rest in final_stage() if name == "COPY"]
    assert copies == [
        "--from=dependencies /opt/dependencies /opt/dependencies",
        "--from=package /opt/muralscape /opt/muralscape",
    ]
    # The code is copied after the dependencies are installed, which it must not rebuild.
    order = [rest for name, rest in instructions() if name in ("RUN", "COPY")]
    assert order.index("bot bot") > next(
        at for at, rest in enumerate(order) if "install.sh dependencies" in rest
    )
    assert not any("apt-get" in rest or "pip install" in rest for _, rest in final_stage())


def test_a_card_is_asked_for_by_its_own_variants() -> None:
    """The image for processors sets nothing of NVIDIA's; the others name the CUDA they need."""
    stages: dict[str, dict[str, str]] = {}
    for name, rest in instructions():
        if name == "FROM":
            base, stage = rest.split()[0], rest.split()[-1]
            stages[stage] = dict(stages.get(base, {}))
        elif name == "ENV":
            stages[stage] |= dict(re.findall(r'(\w+)="?([^\s"]+)', rest))
    needed = {name: stages[name].get("NVIDIA_REQUIRE_CUDA") for name in ("cpu", "cuda", "cu126")}
    assert needed == {"cpu": None, "cuda": "cuda>=13.0", "cu126": "cuda>=12.6"}
    assert stages["cpu"] == {}


def test_it_copies_what_is_there_and_allowed() -> None:
    """Every file that is copied exists, and .dockerignore lets it and nothing else through."""
    sources = [
        source
        for name, rest in instructions()
        if name == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]
    assert all((ROOT / source).exists() for source in sources)
    assert sorted(sources) == sorted(ignored_except())


def test_it_runs_as_nobody_of_importance() -> None:
    """An ordinary user by number, data in a volume, SIGTERM by default, `muralscape run`."""
    found = dict(final_stage())
    user, group = found["USER"].split(":")
    assert int(user) >= 1000
    assert int(group) >= 1000
    assert found["VOLUME"] == "/data"
    assert (found["ENTRYPOINT"], found["CMD"]) == ('["muralscape"]', '["run", "--hold"]')
    assert "bot.web.probe" in found["HEALTHCHECK"]
    assert "STOPSIGNAL" not in found


def test_it_writes_nowhere_else() -> None:
    """It sets no setting, which would win over a config.toml; its folders are /data and /tmp."""
    found = final_stage()
    environment = dict(re.findall(r"(\w+)=(\S+)", dict(found)["ENV"]))
    assert not any(name.startswith("MURALSCAPE_") for name in environment)
    assert dict(found)["WORKDIR"] == "/"
    assert Path("/", str(dict(names())["data_dir"])) == Path(dict(found)["VOLUME"])
    folders = [v for k, v in environment.items() if v.startswith("/") and k != "PATH"]
    assert folders
    assert all(re.match("/(data|tmp)(/|$)", folder) for folder in folders)


def test_the_lock_files_are_those_of_the_project() -> None:
    """Every dependency is locked, at a version that pyproject.toml allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = {
        "run": [*project["dependencies"], *extras["nats"], *extras["postgres"]],
        "test": [*project["dependencies"], *extras["test"], *extras["nats"]],
    }
    for name, requirements in wanted.items():
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        locked = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE))
        for requirement in map(Requirement, requirements):
            version = locked[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), requirement
