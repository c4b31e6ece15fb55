"""Train a VGG-19 for painting: `python -m engine.pretraining pack | train | export`.

`train` needs torch, numpy and Pillow alone, so that it runs on a machine lent for an hour; hence
argparse, and imports where they are used.
"""

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from engine.errors import EngineError, OutputRejected, TrainingFailed
from engine.pretraining.course import Course, Epoch

NAME = "python -m engine.pretraining"
USUAL = Course()


def _pack(given: argparse.Namespace) -> None:
    """Pack the pictures of FOLDER, which has a folder for each class, into shards in OUT."""
    from engine.pretraining.packing import listing, pack

    listed = listing(given.folder, given.annotations)
    packed = pack(listed, given.out, given.side)
    print(
        f"{packed.kept} pictures of {len(listed.classes)} classes in {packed.shards} shards; "
        f"{packed.skipped} files that are no picture were left out."
    )


def _train(given: argparse.Namespace) -> None:
    """Train a classifier on SHARDS; stop it with Ctrl-C, go on with --resume."""
    from engine.device import choose_device
    from engine.pretraining.network import Start
    from engine.pretraining.shards import read_shards
    from engine.pretraining.training import Watch, accuracy, train
    from engine.weights import find, learned_pooling, load

    course = Course(**{name: getattr(given, name) for name in vars(USUAL) if name in given})
    course.check()
    device = choose_device(given.device, given.precision)
    begun = find(course.start) if course.start else None
    start = Start(load(begun), learned_pooling(begun)) if begun else None
    dataset = read_shards(given.shards)
    validation = read_shards(given.validation) if given.validation else None
    print(
        f"{len(dataset.labels)} pictures of {len(dataset.classes)} classes, {dataset.side} px; "
        f"{device.name}, {device.precision.upper()}",
        flush=True,
    )
    watch = Watch(on_epoch=lambda epoch: print(_line(epoch, course), flush=True))
    trained = train(
        dataset, validation, course, device, given.out,
        start=start, resume=given.resume, watch=watch,
    )  # fmt: skip
    if validation is not None and validation.side != course.size:
        trained.network.to(device.torch_device)
        right = accuracy(trained.network, validation, validation.side, device)
        print(f"accuracy {right:.1%} at the pictures' own {validation.side} px")
    print(f"Trained; export it with `{NAME} export {given.out} ...`.")


def _export(given: argparse.Namespace) -> None:
    """Export the training in DIR as weights that paint, with a model card beside them."""
    from engine.files import written_whole
    from engine.pretraining.card import model_card
    from engine.pretraining.export import export, read_photographs
    from engine.pretraining.trained import read_trained

    target: Path = given.to
    if target.suffix != ".safetensors":
        raise OutputRejected(f"{target} must end in .safetensors.")
    trained = read_trained(given.folder)
    exported = export(trained.network, read_photographs(given.photographs), target)
    card = target.with_suffix(".md")
    with written_whole(card) as path:
        path.write_text(model_card(trained, exported, target, given.data))
    print(f"{target} and {card}; paint with `muralscape paint --weights {target} ...`.")


class _Parser(argparse.ArgumentParser):
    """One that complains in one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and exit with 2."""
        _complain(message, 2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        NAME, description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="pack | train | export")
    made = {
        run: commands.add_parser(
            run.__name__[1:],
            description=run.__doc__,
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )
        for run in (_pack, _train, _export)
    }
    for run, command in made.items():
        command.set_defaults(run=run)
    pack, train, export = made.values()
    pack.add_argument("folder", type=Path)
    pack.add_argument("out", type=Path)
    pack.add_argument("--side", type=int, default=64, help="of the packed pictures, in pixels")
    pack.add_argument(
        "--annotations",
        type=Path,
        help="for pictures that lie together: a file with a name, a tab and a class on each line",
    )
    _add_training(train)
    export.add_argument("folder", metavar="DIR", type=Path)
    export.add_argument(
        "--photographs", type=Path, required=True, help="pictures over which channels are scaled"
    )
    export.add_argument("--to", type=Path, required=True, help="the .safetensors file to write")
    export.add_argument(
        "--data",
        default="a folder of class folders; see the commands below.",
        help="a sentence for the model card: what it was trained on, under which licence",
    )
    return parser


def _add_training(train: argparse.ArgumentParser) -> None:
    train.add_argument("shards", type=Path, help="a folder of shards; not all must be there")
    train.add_argument("--validation", type=Path, help="shards to measure accuracy on")
    train.add_argument("--out", type=Path, required=True, help="where checkpoints go")
    train.add_argument("--resume", action="store_true", help="go on with the training in OUT")
    for name, words in (
        ("epochs", "how often each picture is seen"),
        ("minutes", "that it ends after at the latest, its cycle included"),
        ("batch", "pictures in a step"),
        ("size", "pixels, at the end"),
        ("first_size", "pixels, at the beginning"),
        ("rate", "peak of the learning rate"),
        ("pooling", "max or average"),
        ("start", "weights to begin with: bundled, imagenet or a file"),
        ("seed", "of all that is drawn"),
    ):
        usual = getattr(USUAL, name)
        option = "--" + name.replace("_", "-")
        train.add_argument(option, type=type(usual), default=usual, help=words)
    train.add_argument("--device", default="auto", help="auto, cpu or cuda:N")
    train.add_argument("--precision", default="auto", help="auto, fp16, bf16 or fp32")


def _line(epoch: Epoch, course: Course) -> str:
    measured = "" if epoch.accuracy is None else f"  accuracy {epoch.accuracy:.1%}"
    return (
        f"epoch {epoch.number:3d} of {course.epochs}  {epoch.size} px  loss {epoch.loss:.3f}"
        f"{measured}  {epoch.seconds / 60:.1f} min"
    )


def _complain(sentence: str, code: int) -> NoReturn:
    print(f"{NAME}: {' '.join(sentence.split())}", file=sys.stderr)
    sys.exit(code)


def main() -> None:
    """Run the command; exit codes as of all commands: 0, 1 failed, 2 wrong input, 130 Ctrl-C."""
    given = _parser().parse_args()
    try:
        given.run(given)
    except KeyboardInterrupt:
        sys.exit(130)
    except TrainingFailed as error:
        _complain(str(error), 1)
    except EngineError as error:
        _complain(str(error), 2)


if __name__ == "__main__":
    main()
