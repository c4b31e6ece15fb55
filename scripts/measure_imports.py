"""Measures how modules import each other: longest chain, circles between wings, loose modules.

    python scripts/measure_imports.py [FOLDER]

FOLDER holds `bot/` and `engine/`; it is this repository where none is named. A wing is a folder of
`bot/`; a loose module is a file beside the folders.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

PACKAGES = ("bot", "engine")
Graph = Mapping[str, frozenset[str]]


def modules(root: Path) -> dict[str, Path]:
    """Find the modules of both packages: dotted name to file."""
    found = {}
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            parts = file.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imported(tree: ast.AST, known: Mapping[str, Path]) -> Iterator[str]:
    """Yield the modules that a file imports, in functions too; not those for type checks only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in known:
                    yield inner
                elif node.module in known:
                    yield node.module
        yield from imported(node, known)


def graph_of(root: Path) -> Graph:
    """Read the imports of all modules. Raises SyntaxError."""
    known = modules(root)
    return {
        name: frozenset(imported(ast.parse(file.read_text()), known)) - {name}
        for name, file in known.items()
    }


def longest_chain(graph: Graph, package: str) -> list[str]:
    """Give the longest chain of imports that begins in a package, from its top down.

    Raises RecursionError where modules import each other.
    """

    @cache
    def below(name: str) -> tuple[str, ...]:
        chains = (below(other) for other in sorted(graph[name]))
        return (name, *max(chains, key=len, default=()))

    starts = [name for name in sorted(graph) if name.split(".")[0] == package]
    return list(max((below(name) for name in starts), key=len))


def wing_of(module: str) -> str:
    """Name the wing of a module; a loose module is its own."""
    return ".".join(module.split(".")[:2])


def wings(graph: Graph) -> dict[str, set[str]]:
    """Give the imports between wings of the bot."""
    arrows: dict[str, set[str]] = defaultdict(set)
    for module, others in graph.items():
        for other in others:
            if module.startswith("bot.") and other.startswith("bot."):
                arrows[wing_of(module)].add(wing_of(other))
    return {wing: others - {wing} for wing, others in arrows.items()}


def circles(graph: Graph) -> list[tuple[str, ...]]:
    """Give the groups of wings that import each other, directly or through others."""
    arrows = wings(graph)

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        todo = [start]
        while todo:
            for other in arrows.get(todo.pop(), set()) - seen:
                seen.add(other)
                todo.append(other)
        return seen

    reached = {wing: reach(wing) for wing in arrows}
    groups = {
        tuple(sorted(other for other in reached[wing] if wing in reached.get(other, set())))
        for wing in arrows
        if wing in reached[wing]
    }
    return sorted(groups)


def pairs(graph: Graph) -> list[tuple[str, str]]:
    """Give the pairs of wings that import each other directly."""
    arrows = wings(graph)
    return sorted((a, b) for a in arrows for b in arrows[a] if a < b and a in arrows.get(b, set()))


def loose(graph: Graph) -> list[str]:
    """Give the modules that stand beside the wings."""
    folders = {wing_of(module) for module in graph if module.count(".") > 1}
    files = (name for name in graph if name.startswith("bot.") and name.count(".") == 1)
    return sorted(name for name in files if name not in folders)


def main(root: Path) -> None:
    """Print the figures."""
    graph = graph_of(root)
    lines = []
    for package in PACKAGES:
        chain = longest_chain(graph, package)
        lines.append(f"longest chain of imports from {package}: {len(chain)} modules")
        lines += [f"  {name}" for name in chain]
    lines += [
        f"pairs of wings that import each other: {len(pairs(graph))}",
        *(f"  {a} and {b}" for a, b in pairs(graph)),
        f"circles of wings: {len(circles(graph))}",
        *(f"  {', '.join(group)}" for group in circles(graph)),
        f"loose modules: {len(loose(graph))}",
        f"  {', '.join(loose(graph))}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1])
