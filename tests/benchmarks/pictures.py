"""Paintings of `mural`, of the state before it, of G'MIC's `stylize` and of a plain loop over
many pairs, measured by what no recipe optimises.

Everything goes to build/pictures. BENCHMARK_PAIRS="cat pagoda-ink" takes only pairs with such a
part in their name, BENCHMARK_PRESET and BENCHMARK_SIZE say what is painted, BENCHMARK_ONLY=paint
or =measure does one half. `mural` is painted anew each time; its rivals only where their painting
of the very same pictures is missing. BENCHMARK_BEFORE names a folder in which the checkout of the
state before, and its paintings, are kept between runs; else the checkout is removed in the end.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from statistics import mean

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from engine.device import Device
from engine.vgg19 import Encoder
from engine.weights import bundled, load
from tests.benchmarks import rivals
from tests.benchmarks.measures import coherence, content_kept, style_missed
from tests.benchmarks.pairs import Pair, chosen
from tests.benchmarks.rivals import Painted
from tests.benchmarks.sheets import AXES, COLORS, Measured, plot, sheet

PRESET = os.environ.get("BENCHMARK_PRESET", "mural")
SIZE = int(os.environ.get("BENCHMARK_SIZE", "512"))  # pixels
ONLY = os.environ.get("BENCHMARK_ONLY", "")  # "paint", "measure" or both
KEPT = Path(kept_at).resolve() if (kept_at := os.environ.get("BENCHMARK_BEFORE")) else None
PAIRS = chosen(os.environ.get("BENCHMARK_PAIRS", ""))
LONGER = 2  # times as long as `mural` is what the plain loop gets
EDGES, PORTRAIT_EDGES = 0.45, 0.6  # at least so much of the edges is to be kept
FOLDER = Path("build/pictures")


def run(device: Device) -> dict[str, float]:
    """The mean of each measure for each painter, and on how many pairs `mural` is ahead."""
    if ONLY != "measure":
        paint_all(PAIRS, device)
    if ONLY == "paint":
        return {}
    measured, rows = [], []
    for pair in PAIRS:
        content, style = pair.pictures()
        paintings = {rival: painted for rival in COLORS if (painted := kept(rival, pair))}
        here = [_measure(pair, rival, painted) for rival, painted in paintings.items()]
        _print(here)
        measured += here
        pictures = {rival: painted.picture for rival, painted in paintings.items()}
        rows.append((pair.name, {"content": content, "style": style} | pictures))
    name = f"{PRESET}-{SIZE}"
    (FOLDER / f"{name}.png").write_bytes(plot(measured))
    sheet(rows).save(FOLDER / f"{name}.webp", quality=72, method=6)
    figures = summary(measured)
    table = "\n".join(json.dumps(asdict(one)) for one in measured)
    (FOLDER / f"{name}.jsonl").write_text(table + "\n")
    (FOLDER / f"{name}.md").write_text(markdown(measured))
    print("\n".join(f"{key} {value:.3g}" for key, value in figures.items()))
    print(f"Sheet, plot and tables are {FOLDER}/{name}.*")
    return figures


def paint_all(pairs: Sequence[Pair], device: Device) -> None:
    """Paint every pair by every painter, where it is not painted yet."""
    encoder = Encoder(load(bundled()), device, "bundled")
    with ExitStack() as stack:
        checkout: Path | None = None
        for pair in pairs:
            content, style = pair.pictures()
            mine = rivals.ours(encoder, content, style, PRESET, SIZE)
            _keep("mural", pair, mine)
            if kept("before", pair) is None:
                if checkout is None:
                    folder = KEPT / "checkout" if KEPT else None
                    checkout = stack.enter_context(rivals.state_before(folder))
                _keep("before", pair, rivals.before(checkout, content, style, PRESET, SIZE))
            if kept("gmic", pair) is None and (theirs := rivals.gmic(content, style, SIZE)):
                _keep("gmic", pair, theirs)
            if kept("plain", pair) is None:
                seconds = LONGER * mine.seconds
                _keep("plain", pair, rivals.plain_loop(encoder, content, style, SIZE, seconds))
            print(f"{pair.name}: painted, mural in {mine.seconds:.1f} s", flush=True)


def kept(rival: str, pair: Pair) -> Painted | None:
    """A painting of an earlier run, if it was made of the same pictures."""
    path = _path(rival, pair)
    if not path.exists():
        return None
    with Image.open(path) as picture:
        picture.load()
        if picture.info.get("made of") != _mark(pair):
            return None
        return Painted(picture.convert("RGB"), float(picture.info["seconds"]))


def summary(measured: Sequence[Measured]) -> dict[str, float]:
    """Means for each painter, and counts of pairs."""
    figures: dict[str, float] = {"pictures_size": SIZE}
    by_rival = {
        rival: {one.pair: one for one in measured if one.rival == rival} for rival in COLORS
    }
    mural, before = by_rival["mural"], by_rival["before"]
    for rival, ones in by_rival.items():
        for measure in ("seconds", *(name for name, _ in AXES)):
            if ones:
                figures[f"pictures_{measure}_{rival}"] = mean(
                    getattr(one, measure) for one in ones.values()
                )
    return figures | {
        "pictures_pairs": len(mural),
        "pairs_more_coherent_than_before": sum(
            one.strokes > before[pair].strokes for pair, one in mural.items() if pair in before
        ),
        "pairs_with_edges_kept": sum(
            one.edges >= (PORTRAIT_EDGES if one.kind == "portrait" else EDGES)
            for one in mural.values()
        ),
    }


def markdown(measured: Sequence[Measured]) -> str:
    """A table with a row for each pair, the painters' figures side by side in each cell."""
    present = [rival for rival in COLORS if any(one.rival == rival for one in measured)]
    head = ["pair", *(f"{name}: {', '.join(present)}" for name, _ in AXES), "seconds"]
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    for pair in dict.fromkeys(one.pair for one in measured):
        ones = {one.rival: one for one in measured if one.pair == pair}
        cells = [
            ", ".join(_figure(ones.get(rival), measure) for rival in present)
            for measure in (*(name for name, _ in AXES), "seconds")
        ]
        lines.append(" | ".join([pair, *cells]))
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def _figure(one: Measured | None, measure: str) -> str:
    if one is None:
        return "-"
    places = {"seconds": 1, "style": 3}.get(measure, 2)
    return f"{getattr(one, measure):.{places}f}"


def _measure(pair: Pair, rival: str, painted: Painted) -> Measured:
    content, style = pair.pictures()
    return Measured(
        pair=pair.name,
        kind=pair.kind,
        rival=rival,
        seconds=painted.seconds,
        edges=content_kept(painted.picture, content),
        style=style_missed(painted.picture, style),
        strokes=coherence(painted.picture, style),
    )


def _path(rival: str, pair: Pair) -> Path:
    folder = KEPT if KEPT and rival == "before" else FOLDER
    return folder / f"{PRESET}-{SIZE}" / rival / f"{pair.name}.png"


def _keep(rival: str, pair: Pair, painted: Painted) -> None:
    path = _path(rival, pair)
    path.parent.mkdir(parents=True, exist_ok=True)
    about = PngInfo()
    about.add_text("seconds", str(painted.seconds))
    about.add_text("made of", _mark(pair))
    painted.picture.save(path, pnginfo=about)


def _mark(pair: Pair) -> str:
    content, style = pair.pictures()
    return hashlib.sha256(content.tobytes() + style.tobytes()).hexdigest()


def _print(measured: Sequence[Measured]) -> None:
    for one in measured:
        print(
            f"{one.pair:30} {one.rival:7} {one.seconds:6.1f} s  edges {one.edges:.3f}  "
            f"style {one.style:.4f}  strokes {one.strokes:.3f}",
            flush=True,
        )
