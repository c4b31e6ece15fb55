"""Soak a bot in traffic and print how it bears that: `python -m tests.soak --minutes 60`."""

import asyncio
import shutil
import tempfile
from pathlib import Path

import click

from tests.soak.gauge import heading
from tests.soak.soak import Course, soak

LOG = Path("build/soak.log")


@click.command()
@click.option("--minutes", default=60.0, show_default=True, help="How long.")
@click.option("--rows", default=12, show_default=True, help="Rows of the table.")
@click.option("--deaths", default=10, show_default=True, help="How often the engine is killed.")
@click.option("--attacker/--no-attacker", default=True, show_default=True, help="Among them.")
@click.option("--seed", default=1508, show_default=True, help="Of everything random.")
def main(minutes: float, rows: int, deaths: int, attacker: bool, seed: int) -> None:
    """Run the bot under mixed traffic; exit code 1 where anything went wrong."""
    length = 60 * minutes
    course = Course(length, length / rows, length / max(deaths, 1), attacked=attacker)
    with tempfile.TemporaryDirectory() as folder:
        click.echo(heading())
        found = asyncio.run(
            soak(Path(folder), course, seed, lambda reading: click.echo(reading.row()))
        )
        LOG.parent.mkdir(exist_ok=True)
        shutil.copy(Path(folder) / "bot.log", LOG)
    click.echo("\n" + ", ".join(f"{kind}: {number}" for kind, number in found.counts.items()))
    if attacker:
        sent = ", ".join(f"{kind}: {number}" for kind, number in found.attacks.items())
        click.echo(f"The attacker: {sent}; without an answer: {len(found.unanswered)}")
    for error in found.errors:
        click.echo(error)
    click.echo(f"The bot's log is in {LOG}.")
    raise SystemExit(1 if found.errors else 0)


if __name__ == "__main__":
    main()
