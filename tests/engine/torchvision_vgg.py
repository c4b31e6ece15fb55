"""torchvision's own VGG-19, to hold the engine's against.

torchvision is imported in functions, because that takes as long as importing torch, and every
process of the tests imports all modules of tests.
"""

from collections.abc import Mapping

from torch import Tensor, nn


def torchvision_layers(state: Mapping[str, Tensor], count: int) -> nn.Sequential:
    """The first `count` layers with the weights of `state` in FP32, for autograd to record."""
    from torchvision.models.vgg import cfgs, make_layers

    layers: nn.Sequential = make_layers(cfgs["E"])[:count]
    layers.load_state_dict(
        {name.removeprefix("features."): value.float() for name, value in state.items()}
    )
    for layer in layers:
        if isinstance(layer, nn.ReLU):
            layer.inplace = False
    return layers
