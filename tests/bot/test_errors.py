"""The tree of errors in the docstring of bot/errors.py."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

BOT = Path(__file__).parents[2] / "bot"
LINE = re.compile(r"^(?P<indent>[│ ]*[├└]── )(?P<name>\w+) .*?(?:\[(?P<module>[\w/]+)\])?$")
Found = dict[str, tuple[str, str]]  # a class's first base and its module, by its name


def _drawn(tree: str) -> Found:
    drawn: Found = {}
    path = ["MuralscapeError"]
    for match in filter(None, map(LINE.match, tree.splitlines())):
        depth = len(match["indent"]) // 4
        drawn[match["name"]] = path[depth - 1], match["module"] or "errors"
        path[depth:] = [match["name"]]
    return drawn


def _classes() -> Iterator[tuple[str, str, str]]:
    for file in BOT.rglob("*.py"):
        module = file.relative_to(BOT).with_suffix("").as_posix()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.bases:
                yield node.name, ast.unparse(node.bases[0]), module


def test_the_tree_shows_every_refusal_and_where_it_stands() -> None:
    """The tree has each class that members may read: its base, and the module that it stands in."""
    drawn = _drawn((BOT / "errors.py").read_text(encoding="utf-8"))
    written = {name: (base, module) for name, base, module in _classes()}
    for name, place in drawn.items():
        assert written[name] == place, name
    for_members = drawn.keys() - {"HostNeeded"}
    assert {name for name, (base, _) in written.items() if base in for_members} <= for_members
