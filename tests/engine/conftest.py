"""What tests of the engine share: the bundled VGG-19 and small pictures."""

from collections.abc import Mapping

import pytest
import torch
from PIL import Image

from engine import images
from engine.device import choose_device
from engine.request import PaintSettings, StylizeRequest
from engine.samples import CONTENTS, STYLES
from engine.vgg19 import Encoder
from engine.weights import bundled, load

# At 32 to 64 pixels two threads spend their time waiting for each other.
torch.set_num_threads(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that need a CUDA device where there is none."""
    if not torch.cuda.is_available():
        for item in items:
            if "gpu" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


@pytest.fixture(scope="session")
def state() -> Mapping[str, torch.Tensor]:
    """The bundled convolutions."""
    return load(bundled())


@pytest.fixture(scope="session")
def encoder(state: Mapping[str, torch.Tensor]) -> Encoder:
    """The bundled VGG-19 on the CPU in FP32."""
    return Encoder(state, choose_device("cpu", "fp32"), "bundled")


@pytest.fixture(scope="session")
def content() -> Image.Image:
    """A photograph."""
    return images.read(CONTENTS[0].path)


@pytest.fixture(scope="session")
def style() -> Image.Image:
    """A painting."""
    return images.read(STYLES[0].path)


@pytest.fixture
def small(content: Image.Image, style: Image.Image) -> StylizeRequest:
    """A small painting, for `mural` of one scale with two searches for neighbours."""
    return StylizeRequest(content, (style,), PaintSettings(size=48, steps=12))
