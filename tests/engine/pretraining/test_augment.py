"""What augmentation does to a batch of pictures."""

import torch

from engine.pretraining.augment import augmented, plain
from engine.tensors import IMAGENET_DEVIATION, IMAGENET_MEAN, per_channel


def generator(seed: int) -> torch.Generator:
    """Randomness of its own."""
    return torch.Generator().manual_seed(seed)


def test_augmentation_depends_on_the_generator_alone() -> None:
    """The same seed gives the same pictures, another gives others, of the asked shape."""
    pictures = torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8, generator=generator(1))
    first, again = (augmented(pictures, 24, generator(7)) for _ in range(2))
    assert first.shape == (4, 3, 24, 24)
    assert torch.equal(first, again)
    assert not torch.allclose(first, augmented(pictures, 24, generator(8)))


def test_each_picture_draws_its_own() -> None:
    """Equal pictures in a batch are cut, turned and coloured differently."""
    pictures = torch.randint(0, 256, (1, 3, 32, 32), dtype=torch.uint8, generator=generator(1))
    shown = augmented(pictures.repeat(3, 1, 1, 1), 32, generator(2))
    assert not torch.allclose(shown[0], shown[1], atol=0.1)
    assert not torch.allclose(shown[1], shown[2], atol=0.1)


def test_half_are_mirrored() -> None:
    """Of a picture that grows brighter to the right, about half get darker to the right."""
    ramp = torch.linspace(0, 255, 32).to(torch.uint8).expand(200, 3, 32, 32)
    shown = augmented(ramp, 16, generator(3)).mean((1, 2))
    mirrored = int((shown[:, 0] > shown[:, -1]).sum())
    assert 70 < mirrored < 130


def test_colours_stay_mild() -> None:
    """A grey picture stays grey, and no brighter or darker than by a fifth or so, but for noise."""
    grey = torch.full((50, 3, 16, 16), 128, dtype=torch.uint8)
    shown = augmented(grey, 16, generator(4))
    pixels = shown * per_channel(IMAGENET_DEVIATION, shown) + per_channel(IMAGENET_MEAN, shown)
    means = pixels.mean((2, 3))
    assert (means.amax(1) - means.amin(1)).max() < 0.02
    assert 0.39 < means.min() < means.max() < 0.61


def test_half_are_noisy_and_half_are_blurred() -> None:
    """Noise on flat pictures is of many strengths up to a limit; blur takes from fine stripes."""
    grey = torch.full((200, 3, 16, 16), 128, dtype=torch.uint8)
    shown = augmented(grey, 16, generator(4))
    noise = (shown * per_channel(IMAGENET_DEVIATION, shown)).std((1, 2, 3))
    noise = noise - noise.min()  # the channels' own means
    assert 70 < int((noise < 1e-3).sum()) < 130
    assert noise.max() > 0.03
    stripes = (torch.arange(64) // 4 % 2 * 255).to(torch.uint8).expand(200, 3, 64, 64)
    edges = augmented(stripes, 64, generator(6)).diff(dim=3).abs().amax((1, 2, 3))
    assert float(edges.max()) > 2 * float(edges.min())


def test_shrinking_does_not_alias() -> None:
    """One-pixel stripes at a quarter of their size are grey, not new stripes."""
    stripes = (torch.arange(64) % 2 * 255).to(torch.uint8).expand(8, 3, 64, 64)
    for shown in (augmented(stripes, 16, generator(5)), plain(stripes, 16)):
        pixels = shown * per_channel(IMAGENET_DEVIATION, shown) + per_channel(IMAGENET_MEAN, shown)
        assert pixels.std((2, 3)).max() < 0.2


def test_plain_pictures_are_only_normalised() -> None:
    """A picture at its own size is (value / 255 - mean) / deviation."""
    white = torch.full((1, 3, 16, 16), 255, dtype=torch.uint8)
    expected = (1 - torch.tensor(IMAGENET_MEAN)) / torch.tensor(IMAGENET_DEVIATION)
    assert torch.allclose(plain(white, 16)[0, :, 5, 5], expected)
