"""Train a VGG-19 for painting: `python -m engine.pretraining pack | train | export`."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from engine.commands import exits
from engine.files import written_whole
from engine.pretraining.course import Course, Epoch
from engine.pretraining.shards import listing
from engine.pretraining.shards import pack as pack_pictures

FOLDER = click.Path(path_type=Path)
USUAL = Course()


@click.group()
def pretraining() -> None:
    """Train a VGG-19 for painting, from a folder of class folders of pictures."""


@pretraining.command()
@click.argument("folder", type=FOLDER)
@click.argument("out", type=FOLDER)
@click.option("--side", default=64, show_default=True, help="Of the packed pictures, in pixels.")
@click.option(
    "--annotations",
    type=FOLDER,
    help="For pictures that lie together: a file with a name, a tab and a class on each line.",
)
def pack(folder: Path, out: Path, side: int, annotations: Path | None) -> None:
    """Pack the pictures of FOLDER, which has a folder for each class, into shards in OUT."""
    listed = listing(folder, annotations)
    with _bar() as bar:
        task = bar.add_task("Packing", total=len(listed.pictures))
        packed = pack_pictures(listed, out, side, on_picture=lambda: bar.advance(task))
    click.echo(
        f"{packed.kept} pictures of {len(listed.classes)} classes in {packed.shards} shards; "
        f"{packed.skipped} files that are no picture were left out."
    )


@pretraining.command()
@click.argument("shards", type=FOLDER)
@click.option("--validation", type=FOLDER, help="Shards to measure accuracy on.")
@click.option("--out", type=FOLDER, required=True, help="Where the checkpoint goes.")
@click.option("--resume", is_flag=True, help="Go on with the training in OUT.")
@click.option("--epochs", default=USUAL.epochs, show_default=True)
@click.option("--batch", default=USUAL.batch, show_default=True, help="Pictures in a step.")
@click.option("--size", default=USUAL.size, show_default=True, help="Pixels, at the end.")
@click.option(
    "--first-size", default=USUAL.first_size, show_default=True, help="Pixels, at the beginning."
)
@click.option("--rate", default=USUAL.rate, show_default=True, help="Peak of the learning rate.")
@click.option("--pooling", default=USUAL.pooling, show_default=True, help="max or average.")
@click.option("--seed", default=USUAL.seed, show_default=True)
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda:N.")
@click.option("--precision", default="auto", show_default=True, help="auto, fp16, bf16 or fp32.")
def train(
    shards: Path,
    validation: Path | None,
    out: Path,
    resume: bool,
    device: str,
    precision: str,
    **options: int | float | str,
) -> None:
    """Train a classifier on SHARDS; stop it with Ctrl-C, go on with --resume."""
    from engine.device import choose_device
    from engine.pretraining.shards import read_shards
    from engine.pretraining.training import Watch
    from engine.pretraining.training import train as train_classifier

    course = Course(**options)  # type: ignore[arg-type]
    course.check()
    chosen = choose_device(device, precision)
    dataset = read_shards(shards)
    measured_on = read_shards(validation) if validation else None
    click.echo(
        f"{len(dataset.labels)} pictures of {len(dataset.classes)} classes, {dataset.side} px; "
        f"{chosen.name}, {chosen.precision.upper()}"
    )
    with _bar() as bar:
        task = bar.add_task("Training", total=None)
        watch = Watch(
            lambda done, total: bar.update(task, completed=done, total=total),
            lambda epoch: bar.console.print(_line(epoch, course), highlight=False),
        )
        train_classifier(dataset, measured_on, course, chosen, out, resume=resume, watch=watch)
    click.echo(f"Trained; export it with `python -m engine.pretraining export {out} ...`.")


@pretraining.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option(
    "--photographs", type=FOLDER, required=True, help="Pictures over which channels are scaled."
)
@click.option("--to", "target", type=FOLDER, required=True, help="The .safetensors file to write.")
@click.option(
    "--data",
    default="a folder of class folders; see the commands below.",
    help="A sentence for the model card: what it was trained on, under which licence.",
)
def export(folder: Path, photographs: Path, target: Path, data: str) -> None:
    """Export the training in DIR as weights that paint, with a model card beside them."""
    from engine.errors import OutputRejected
    from engine.pretraining.card import model_card
    from engine.pretraining.export import export as export_weights
    from engine.pretraining.export import read_photographs
    from engine.pretraining.training import read_trained

    if target.suffix != ".safetensors":
        raise OutputRejected(f"{target} must end in .safetensors.")
    trained = read_trained(folder)
    exported = export_weights(trained.network, read_photographs(photographs), target)
    card = target.with_suffix(".md")
    with written_whole(card) as path:
        path.write_text(model_card(trained, exported, target, data))
    click.echo(f"{target} and {card}; paint with `muralscape paint --weights {target} ...`.")


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def _line(epoch: Epoch, course: Course) -> str:
    measured = "" if epoch.accuracy is None else f"  accuracy {epoch.accuracy:.1%}"
    return (
        f"epoch {epoch.number:3d} of {course.epochs}  {epoch.size} px  loss {epoch.loss:.3f}"
        f"{measured}  {epoch.seconds / 60:.1f} min"
    )


def main() -> None:
    """Run the command, and exit as all commands do."""
    exits.run(pretraining, "python -m engine.pretraining")


if __name__ == "__main__":
    main()
