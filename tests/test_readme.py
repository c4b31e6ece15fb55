"""The README names what a person can type."""

import re
from pathlib import Path

import click
import pytest

from bot.cli.group import SUBCOMMANDS
from engine.commands.paint import command as paint
from engine.presets import PRESETS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
HANDBOOK = README + (ROOT / "docs" / "hosting.md").read_text()


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_is_documented(name: str) -> None:
    """`muralscape NAME` stands in the README or in the host's handbook."""
    assert f"muralscape {name}" in HANDBOOK


def test_every_option_of_paint_is_documented() -> None:
    """The README's table names each option of `muralscape paint`."""
    options = [o.opts[-1] for o in paint.params if isinstance(o, click.Option)]
    assert [option for option in options if option not in README] == []


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_documented(name: str) -> None:
    """The README's table of presets names each."""
    assert f"| `{name}` |" in README


def test_links_lead_somewhere() -> None:
    """Every file that the README links to or shows is there."""
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
