"""No version with a published hole can be installed.

The list is kept by hand, because a check that asks an index would fail without a network; `make
audit` asks one. Add a line when a dependency publishes a security fix.
"""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pillow_heif
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

# package -> first version without a known hole that matters here
FIXED = {
    "aiohttp": "3.14.3",
    "filelock": "3.20.3",
    "jinja2": "3.1.6",
    "pillow": "13.0",
    "pillow-heif": "1.8",  # its wheels have libheif 1.23.4 or later
    "pydantic-settings": "2.14.2",
    "torch": "2.6",  # torch.load
}
LIBHEIF = "1.23.4"
PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.mark.parametrize("package", FIXED)
def test_minimums_are_past_the_last_known_hole(package: str) -> None:
    """Neither pyproject.toml nor this environment has a version before the fix."""
    written = [
        Requirement(r) for r in tomllib.loads(PROJECT.read_text())["project"]["dependencies"]
    ]
    (wanted,) = [one for one in written if one.name.lower() == package]
    (minimum,) = [Version(s.version) for s in wanted.specifier if s.operator == ">="]
    assert minimum >= Version(FIXED[package])
    assert Version(version(package)) >= Version(FIXED[package])


def test_the_bundled_libheif() -> None:
    """The decoder of HEIC files in the installed wheel has the last fix."""
    assert Version(pillow_heif.libheif_version()) >= Version(LIBHEIF)
