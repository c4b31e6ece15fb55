"""The documents: links and names in them lead somewhere, and they name what a person can type."""

import re
import runpy
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.cli.group import SUBCOMMANDS
from engine.commands.paint import command as paint
from engine.presets import PRESETS

ROOT = Path(__file__).parents[1]
README, CONTRIBUTING = ROOT / "README.md", ROOT / "CONTRIBUTING.md"
COMMANDS = ROOT / "docs" / "command-line.md"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
PAGES = [README, CONTRIBUTING, ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r'\]\(([^)\s]+)\)|<img src="([^"]+)"')


def links_in(text: str) -> list[str]:
    """List the addresses of links and pictures; blocks of code have none."""
    prose = re.sub(r"^```.*?^```|^ {4}.*?$", "", text, flags=re.MULTILINE | re.DOTALL)
    return [link or picture for link, picture in LINK.findall(prose)]


def anchors_of(page: Path) -> set[str]:
    """List the anchors that GitHub gives the headings of a page."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken(page: Path) -> Iterator[str]:
    """Yield the relative links of a page that lead nowhere."""
    for link in links_in(page.read_text()):
        if re.match(r"https?:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            yield link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link leads to a file that is there, and to a heading of it."""
    assert list(broken(page)) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    """A file or a heading that is not there is a broken link; addresses are not followed."""
    page = tmp_path / "page.md"
    page.write_text(
        "# One & two, three\n[a](page.md#one--two-three) [b](page.md#four) [c](gone.md)\n"
        '[d](https://example.com/gone) <img src="gone.webp">\n'
    )
    assert list(broken(page)) == ["page.md#four", "gone.md", "gone.webp"]


def test_the_readme_is_short() -> None:
    """The README has less than 900 words."""
    assert len(README.read_text().split()) < 900


def test_the_badges_are_true() -> None:
    """The badges name the licence and the oldest Python that pyproject.toml names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    python = project["requires-python"].removeprefix(">=")
    badges = re.findall(r"img\.shields\.io/badge/(\S+)\)\]", README.read_text())
    assert badges == [f"python-{python}%2B-blue", f"licence-{project['license']}-blue"]


@pytest.mark.parametrize("page", [README, CONTRIBUTING], ids=lambda page: page.name)
def test_make_has_what_is_to_be_typed(page: Path) -> None:
    """Each `make TARGET` of a page is a target of the Makefile."""
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"(?:^ {4}|`)make ([\w-]+)", page.read_text(), re.MULTILINE)
    assert named
    assert [target for target in named if target not in targets] == []


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_is_documented(name: str) -> None:
    """`muralscape NAME` stands in the page on the command line."""
    assert f"`muralscape {name}" in COMMANDS.read_text()


def test_every_option_of_paint_is_documented() -> None:
    """The page on the command line has a row for each option of `muralscape paint`."""
    options = [o.opts[-1] for o in paint.params if isinstance(o, click.Option)]
    rows = [line for line in COMMANDS.read_text().splitlines() if line.startswith("| `-")]
    assert [name for name in options if not any(f"`{name}" in row for row in rows)] == []


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_documented(name: str) -> None:
    """The table of presets names each, with its own size and steps."""
    row = next(x for x in COMMANDS.read_text().splitlines() if x.startswith(f"| `{name}` |"))
    preset = PRESETS[name]
    assert {str(preset.size), str(preset.steps)} <= set(re.findall(r"\d+", row))


def test_the_way_of_a_job_has_ten_rooms() -> None:
    """The way of a job has ten steps, and each begins at a module."""
    steps = re.findall(r"^\d+\. \*\*[^*]+\*\* \[([^]]+\.py)\]", ARCHITECTURE.read_text(), re.M)
    assert len(set(steps)) == 10


def test_the_picture_of_the_architecture_is_of_today() -> None:
    """The flowchart is what scripts/draw_architecture.py draws from the imports."""
    drawing = runpy.run_path(str(ROOT / "scripts" / "draw_architecture.py"))
    assert drawing["flowchart"](ROOT) in ARCHITECTURE.read_text()


def test_the_architecture_names_every_part_of_the_engine() -> None:
    """The table of the engine has each of its modules and folders, and no others."""
    table = ARCHITECTURE.read_text().partition("## The engine")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(?:engine/)?(\w+(?:\.py|/))`", table))
    there = {file.name for file in (ROOT / "engine").glob("[!_]*.py")}
    folders = {f"{file.parent.name}/" for file in (ROOT / "engine").glob("*/*") if file.is_file()}
    assert named == there | folders - {"__pycache__/"}


def test_ten_tasks_name_their_files() -> None:
    """Each of the ten tasks links to a test or a module, and the names in it stand in its files."""
    text = CONTRIBUTING.read_text().partition("## Ten tasks")[2].partition("\n## ")[0]
    tasks = re.split(r"^\*\*\d+\. ", text, flags=re.MULTILINE)[1:]
    assert len(tasks) == 10
    for task in tasks:
        files = [ROOT / link for link in links_in(task)]
        assert len(files) >= 2, task
        known = "".join(file.read_text() for file in files)
        names = re.findall(r"`(\w*[A-Z_]\w*)`", task)
        assert [name for name in names if name not in known] == [], task


def test_the_glossary_is_true() -> None:
    """Each term stands once, and the names in its last column stand in the file beside them."""
    rows = re.findall(
        r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$",
        CONTRIBUTING.read_text().partition("## Glossary")[2],
        re.MULTILINE,
    )
    terms = [term for cell, _ in rows for term in cell.split(", ") if term not in ("term", "---")]
    assert len(terms) > 50
    assert len(set(terms)) == len(terms)
    for _, where in rows:
        for link in links_in(where):
            words = set(re.findall(r"\w+", (ROOT / link).read_text()))
            assert set(re.findall(r"`(\w+)`", where)) <= words, where
