"""Draw the folders of the bot and their imports as a Mermaid flowchart for docs/architecture.md.

    python scripts/draw_architecture.py        prints it
    python scripts/draw_architecture.py DOC    puts it into the first Mermaid block of DOC

An arrow leads from a folder to one that it imports; where the way also leads through another
folder, the direct arrow is left out.
"""

import ast
import re
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"```mermaid\n.*?```", re.DOTALL)
Arrows = Mapping[str, frozenset[str]]


def arrows_of(root: Path) -> Arrows:
    """Give the imports between the folders of the bot and the engine."""
    measure = runpy.run_path(str(Path(__file__).with_name("measure_imports.py")))
    graph = measure["graph_of"](root)
    left_out = set(measure["loose"](graph))

    def box(module: str) -> str:
        return module.split(".")[0] if module.startswith("engine") else measure["wing_of"](module)

    found: dict[str, set[str]] = {}
    for module, others in graph.items():
        if module != "bot" and box(module) not in left_out:
            boxes = {box(other) for other in others} - left_out - {box(module), "bot"}
            found.setdefault(box(module), set()).update(boxes)
    return {name: frozenset(others) for name, others in found.items()}


def without_shortcuts(arrows: Arrows) -> Arrows:
    """Leave out each arrow to a box that another of its arrows leads to."""

    def below(name: str) -> set[str]:
        return set(arrows[name]).union(*(below(other) for other in arrows[name]))

    return {
        name: frozenset(
            other for other in others if not any(other in below(one) for one in others - {other})
        )
        for name, others in arrows.items()
    }


def label_of(root: Path, name: str) -> str:
    """Give the name of a box and the first line of its docstring."""
    path = root / name.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    sentence = (ast.get_docstring(ast.parse(file.read_text())) or "").split("\n")[0]
    return f"<b>{name.removeprefix('bot.')}</b><br/>{sentence.rstrip('.').replace('`', '')}"


def flowchart(root: Path) -> str:
    """Draw the flowchart as a Mermaid block."""
    arrows = without_shortcuts(arrows_of(root))
    lines = ["```mermaid", "flowchart TD"]
    for name in sorted(arrows):
        lines.append(f'    {name.removeprefix("bot.")}["{label_of(root, name)}"]')
    for name, others in sorted(arrows.items()):
        for other in sorted(others):
            lines.append(f"    {name.removeprefix('bot.')} --> {other.removeprefix('bot.')}")
    return "\n".join([*lines, "```"])


def main(page: Path | None) -> None:
    """Print the flowchart, or put it into a page."""
    drawn = flowchart(ROOT)
    if page is None:
        sys.stdout.write(drawn + "\n")
    else:
        page.write_text(BLOCK.sub(lambda _: drawn, page.read_text(), count=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
