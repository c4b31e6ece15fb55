"""`muralscape weights`: which VGG-19 weights there are; fetch ImageNet's."""

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from engine import weights
from engine.commands.exits import remark


@click.group(name="weights")
def command() -> None:
    """Say which VGG-19 weights there are, or fetch ImageNet's."""


@command.command()
def status() -> None:
    """Say which weights there are, where, and which `auto` takes."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("choice", "what", "size", "where"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "size" else "left")
    taken = weights.find("auto")
    for choice, known in (("imagenet", weights.imagenet()), ("bundled", weights.bundled())):
        here = known.path.is_file()
        size = f"{known.path.stat().st_size / 1e6:.1f} MB" if here else "-"
        where = str(known.path) if here else "not here; run `muralscape weights download`"
        table.add_row(f"{choice} *" if known == taken else choice, known.description, size, where)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=400)  # a path in a pipe must stay in one piece
    console.print(table)
    console.print(
        "* what `auto` takes; any .safetensors, .pth or .pt file of a VGG-19 may be named."
    )


@command.command()
def download() -> None:
    """Fetch ImageNet's VGG-19: 548 MB, of which 52 MB are kept."""
    from engine.download import download as fetch  # imports aiohttp, which status has no need of

    console = Console()
    if console.is_terminal:
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
        ) as bar:
            task = bar.add_task("ImageNet VGG-19", total=None)
            kept = fetch(
                on_progress=lambda done, total: bar.update(task, completed=done, total=total),
                on_retry=_say,
            )
    else:
        kept = fetch(on_progress=_Lines().show, on_retry=_say)
    click.echo(f"Kept {kept.description} at {kept.path}; `auto` takes it from now on.")


def _say(why: str) -> None:
    remark("muralscape", f"ImageNet VGG-19: {why}.")


class _Lines:
    """Progress for a log: one line for every tenth."""

    def __init__(self) -> None:
        self.shown = -1

    def show(self, done: int, total: int | None) -> None:
        """Print a line where another tenth, or 50 MB where the whole is unknown, has come."""
        step = done * 10 // total if total else done // 50_000_000
        if step != self.shown:
            self.shown = step
            of_all = f" of {total / 1e6:.0f}" if total else ""
            click.echo(f"ImageNet VGG-19: {done / 1e6:.0f}{of_all} MB")
