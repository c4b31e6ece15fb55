"""Which VGG-19 weights there are, and their convolutions as tensors.

Finding weights is free of torch; only `load` and `keep_convolutions` import it.
"""

import os
import pickle
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.errors import WeightsRejected
from engine.files import written_whole

if TYPE_CHECKING:
    import torch

BUNDLED = Path(__file__).parent / "bundled" / "vgg19_muralscape.safetensors"
IMAGENET_NAME = "vgg19_imagenet1k_v1.safetensors"
CHOICES = ("auto", "bundled", "imagenet")  # anything else is a file
CUSTOM_SUFFIXES = (".safetensors", ".pth", ".pt")


class Convolution(NamedTuple):
    """A 3x3 convolution of VGG-19: its place in torchvision's `features`, and its channels."""

    place: int
    inputs: int
    outputs: int


# Name -> convolution, in order: conv1_1 to conv5_1 of VGG-19 (Simonyan and Zisserman 2014, table 1,
# column E).
CONVOLUTIONS = {
    "1_1": Convolution(0, 3, 64),
    "1_2": Convolution(2, 64, 64),
    "2_1": Convolution(5, 64, 128),
    "2_2": Convolution(7, 128, 128),
    "3_1": Convolution(10, 128, 256),
    "3_2": Convolution(12, 256, 256),
    "3_3": Convolution(14, 256, 256),
    "3_4": Convolution(16, 256, 256),
    "4_1": Convolution(19, 256, 512),
    "4_2": Convolution(21, 512, 512),
    "4_3": Convolution(23, 512, 512),
    "4_4": Convolution(25, 512, 512),
    "5_1": Convolution(28, 512, 512),
}


@dataclass(frozen=True)
class Weights:
    """A file of weights and what it is, in words for people."""

    path: Path
    description: str


def cache_folder() -> Path:
    """Return the user's folder for downloaded weights; it need not exist."""
    import platformdirs  # here, because the bundled weights need none

    return platformdirs.user_cache_path("muralscape") / "weights"


def bundled() -> Weights:
    """Return the weights that come with the package."""
    return Weights(BUNDLED, "bundled VGG-19 v2 (trained on Tiny ImageNet)")


def imagenet(cache: Path | None = None) -> Weights:
    """Return ImageNet's weights in the cache; the file may not be there yet."""
    folder = cache_folder() if cache is None else cache
    return Weights(folder / IMAGENET_NAME, "ImageNet VGG-19 (torchvision IMAGENET1K_V1)")


def find(choice: str = "auto", cache: Path | None = None) -> Weights:
    """Return the weights that `choice` names: "auto", "bundled", "imagenet" or a file's path.

    "auto" takes ImageNet's where they were downloaded to `cache` (default: the user's cache
    folder), else the bundled ones. Raises WeightsRejected where the weights are not there.
    """
    if choice == "bundled":
        return bundled()
    if choice in ("auto", "imagenet"):
        downloaded = imagenet(cache)
        if choice == "auto":
            return downloaded if _is_file(downloaded.path) else bundled()
        if not _is_file(downloaded.path):
            raise WeightsRejected(
                "ImageNet's VGG-19 is not on this machine; run `muralscape weights download`."
            )
        return downloaded
    path = Path(choice).expanduser()
    if not _is_file(path):
        raise WeightsRejected(
            f"There is no file of weights at {path}; name one, or auto, bundled or imagenet."
        )
    if path.suffix.lower() not in CUSTOM_SUFFIXES:
        raise WeightsRejected(f"{path} is not a {', '.join(CUSTOM_SUFFIXES[:-1])} or .pt file.")
    return Weights(path, path.name)


def _is_file(path: Path) -> bool:
    """Whether a file is there; False, too, in a folder that this user may not look into."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises there


def load(weights: Weights) -> "dict[str, torch.Tensor]":
    """Return the convolutions conv1_1 to conv5_1 as `features.N.weight` and `features.N.bias`.

    Shapes are (outputs, inputs, 3, 3) and (outputs,), float32 on the CPU, all finite. Anything else
    in the file is left out. Raises WeightsRejected where the file is no VGG-19.
    """
    path = weights.path
    read = _read_safetensors if path.suffix.lower() == ".safetensors" else _read_pickle
    return _convolutions(read(path), path)


def learned_pooling(weights: Weights) -> str:
    """Return the pooling that weights learned with, "average" or "max".

    `engine.pretraining` notes it in the file; torchvision's, where nothing is noted, learned with
    "max".
    """
    if weights.path.suffix.lower() != ".safetensors":
        return "max"
    from safetensors import safe_open

    with safe_open(weights.path, "pt") as file:
        noted = (file.metadata() or {}).get("pooling")
    return "average" if noted == "average" else "max"


def keep_convolutions(state_file: Path, target: Path) -> None:
    """Write the convolutions of a pickled VGG-19 as safetensors to `target`, whole or not at all.

    Raises WeightsRejected where the file is no VGG-19, OutputRejected where `target` cannot be
    written.
    """
    from safetensors.torch import save_file

    tensors = _convolutions(_read_pickle(state_file), state_file)
    with written_whole(target) as temporary:
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, temporary)


def _read_safetensors(path: Path) -> Mapping[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsRejected(f"{path} is damaged or no safetensors file ({error}).") from error


def _read_pickle(path: Path) -> Mapping[str, Any]:
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a damaged file also makes torch guess its version
            # weights_only: a pickle may otherwise run any code that its author put in.
            state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsRejected(
            f"{path} was refused: it holds more than tensors, or is damaged."
        ) from error
    except Exception as error:  # a damaged pickle makes torch raise whatever it pleases
        raise WeightsRejected(f"{path} is damaged or no file of weights.") from error
    if not isinstance(state, Mapping):
        raise WeightsRejected(f"{path} holds no state dictionary; save `model.state_dict()`.")
    return state


def _convolutions(state: Mapping[str, Any], path: Path) -> "dict[str, torch.Tensor]":
    import torch

    tensors = {}
    for index, inputs, outputs in CONVOLUTIONS.values():
        for part, shape in (("weight", (outputs, inputs, 3, 3)), ("bias", (outputs,))):
            name = f"features.{index}.{part}"
            tensor = state.get(name)
            if not isinstance(tensor, torch.Tensor):
                raise WeightsRejected(
                    f"{path} is no VGG-19 of torchvision's kind: it lacks {name}."
                )
            if tuple(tensor.shape) != shape or not tensor.is_floating_point():
                raise WeightsRejected(
                    f"{path} is no VGG-19: {name} is {tuple(tensor.shape)} {tensor.dtype}, "
                    f"not {shape} of floating point."
                )
            tensors[name] = tensor.detach().to("cpu", torch.float32)
            if not bool(torch.isfinite(tensors[name]).all()):
                raise WeightsRejected(
                    f"{path} is damaged: {name} holds values that are not finite."
                )
    return tensors
