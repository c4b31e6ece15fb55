"""The original Muralscape, read naively in FP32: nothing here is shared with the engine.

Three forward passes a step, max pooling, autograd and torch.optim, as its formula is written.
"""

from collections.abc import Iterator, Mapping

import torch
from PIL import Image
from torch import Tensor, nn

from tests.engine.torchvision_vgg import torchvision_layers

TAPS = (0, 5, 10, 19, 28)  # indices in torchvision's vgg19().features


class NaiveVgg(nn.Module):
    """torchvision's own VGG-19, cut after `features.28`, returning the five convolutions."""

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.model = torchvision_layers(state, 29)

    def forward(self, picture: Tensor) -> list[Tensor]:
        """The five convolutions' outputs, before their ReLUs."""
        found = []
        for index, layer in enumerate(self.model):
            picture = layer(picture)
            if index in TAPS:
                found.append(picture)
        return found


def naive_losses(
    content: Image.Image, style: Image.Image, state: Mapping[str, Tensor], size: int, steps: int
) -> Iterator[float]:
    """The loss before each of the original's steps."""
    from torchvision import transforms  # here for the reason that `torchvision_vgg` gives

    load = transforms.Compose(
        [
            transforms.Resize((size, size)),
            transforms.ToTensor(),
            transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        ]
    )
    original = load(content).unsqueeze(0)
    reference = load(style).unsqueeze(0)
    generated = original.clone().requires_grad_()
    model = NaiveVgg(state).eval()
    optimizer = torch.optim.Adam([generated], lr=0.002)
    for _ in range(steps):
        generated_features = model(generated)
        original_features = model(original)
        style_features = model(reference)
        original_loss = torch.zeros(())
        style_loss = torch.zeros(())
        for generated_feature, original_feature, style_feature in zip(
            generated_features, original_features, style_features, strict=True
        ):
            original_loss = original_loss + torch.mean((generated_feature - original_feature) ** 2)
            _, channels, height, width = generated_feature.shape
            generated_gram = generated_feature.view(channels, height * width)
            generated_gram = generated_gram @ generated_gram.t()
            style_gram = style_feature.view(channels, height * width)
            style_gram = style_gram @ style_gram.t()
            # Overwritten, not added: only the last layer's stays.
            style_loss = torch.mean((generated_gram - style_gram) ** 2)
        total = original_loss + 0.04 * style_loss
        optimizer.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        yield float(total.detach())
