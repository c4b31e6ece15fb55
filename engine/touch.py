"""The last touch: lays patches of the styles over the finished canvas.

Every small patch of the finished canvas is replaced by the patch of a style that is nearest in
colour, and overlapping patches are averaged. The canvas gives the result its light and dark over
a few pixels, so that faces and fine lines stay; hues and the finest strokes are the style's.

Sources: Kwatra et al., Texture Optimization for Example-based Synthesis, SIGGRAPH 2005, for the
averaging; Barnes et al., PatchMatch, SIGGRAPH 2009, for the search.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.tensors import luma

PATCH = 5  # pixels on a side
STEP = 2  # pixels between patches of the canvas
JUMPS = (4, 2, 1, 1)  # distances, in patches, of the patches beside which a better place is tried
RADII = (0.5, 0.25, 0.125, 0.03)  # of the random search, in parts of the sheet's longer side
ROWS_AT_ONCE = 64  # rows of patches that are searched together
LEAST_VOTE = 1e-6  # of a patch; 0 would leave a hole where all patches over a pixel are far off
LIGHT_RADIUS = 1.5  # pixels: deviation of the blur that tells light and dark from strokes


class PaintSheet:
    """The pixels of the styles on one sheet, and the places where whole patches lie.

    A place is the number of a patch's upper left pixel, counted row by row over the sheet.
    """

    def __init__(self, styles: Sequence[Tensor], cell: int) -> None:
        """Take each style, (1, 3, H, W) float32 in [0, 1], and the side of a cell of them."""
        self.width = max(style.shape[3] for style in styles)
        sheet = [F.pad(style, (0, self.width - style.shape[3])) for style in styles]
        together = torch.cat(sheet, 2)[0]
        self.long_side = max(together.shape[1:])
        self.pixels = together.permute(1, 2, 0).reshape(-1, 3).contiguous()
        device = self.pixels.device
        side = torch.arange(PATCH, device=device)
        self._patch = (side[:, None] * self.width + side).flatten()
        self.owner = torch.full(together.shape[1:], -1, device=device)  # -1: no whole patch
        corners, top = [], 0
        for number, style in enumerate(styles):
            _, _, height, width = style.shape
            self.owner[top : top + height - PATCH + 1, : width - PATCH + 1] = number
            down = torch.arange(top, top + height, cell, device=device)
            across = torch.arange(0, width, cell, device=device)
            corners.append((down[:, None] * self.width + across).flatten())
            top += height
        self.owner = self.owner.flatten()
        self.corners = torch.cat(corners)  # (cells,): the first pixel of each cell of the styles

    def patches(self, places: Tensor) -> Tensor:
        """The patches at N places, (N, 3 * PATCH * PATCH) float32."""
        return self.pixels[places[:, None] + self._patch].flatten(1)


def touch(
    canvas: Tensor,
    sheet: PaintSheet,
    corners: Tensor,
    cell: int,
    light: Tensor,
    *,
    style: int | None = None,
    seed: int = 0,
) -> Tensor:
    """The canvas (1, 3, H, W) in [0, 1], in the paint of the sheet.

    `corners` (cells,) are the first pixels of the neighbours of the canvas's cells
    (`engine.neighbours`), `cell` pixels on a side: the search begins there. `light` (1, 1, H, W),
    0 to 1, is how much of the canvas's light and dark is kept. `style` allows the paint of one
    style only.
    """
    # Half a patch more on each side, so that patches reach the edge whatever the size.
    border = PATCH // 2
    wide = F.pad(canvas, (border,) * 4, mode="replicate")
    total = torch.zeros_like(wide[0]).permute(1, 2, 0).contiguous()
    weight = torch.zeros_like(total[..., :1])
    allowed = sheet.owner >= 0 if style is None else sheet.owner == style
    somewhere = allowed.nonzero()[:, 0]  # once: a GPU's host waits for the number of them
    generator = torch.Generator().manual_seed(seed)
    starts = _starts(canvas, sheet, corners, cell)
    for first in range(0, len(starts), ROWS_AT_ONCE):
        places = starts[first : first + ROWS_AT_ONCE]
        top, bottom = first * STEP, (first + len(places) - 1) * STEP + PATCH
        own = _patches(wide[:, :, top:bottom])
        drawn = torch.randint(len(somewhere), places.shape, generator=generator).to(canvas.device)
        places, distance = _search(own, places, somewhere[drawn], sheet, allowed, generator)
        _vote(total[top:], weight[top:], sheet.patches(places.flatten()), distance)
    # The outermost pixels of the border may have no patch; they are cut off.
    painted = (total / weight).permute(2, 0, 1).unsqueeze(0)
    painted = painted[:, :, border:-border, border:-border]
    difference = blurred(luma(canvas - painted), LIGHT_RADIUS)
    return (painted + light * difference).clamp_(0, 1)


def _starts(canvas: Tensor, sheet: PaintSheet, corners: Tensor, cell: int) -> Tensor:
    """Where each patch of the canvas begins its search: the same part of its cell's neighbour."""
    _, _, height, width = canvas.shape
    corners = corners.view(height // cell, width // cell)
    # The cell is that of the patch's middle; its place is its upper left pixel.
    down, across = (torch.arange(0, side, STEP, device=canvas.device) for side in (height, width))
    rows, columns = down // cell, across // cell
    inside_down = down - rows * cell - PATCH // 2
    inside_across = across - columns * cell - PATCH // 2
    inside = inside_down[:, None] * sheet.width + inside_across
    return corners[rows][:, columns] + inside


def _patches(canvas: Tensor) -> Tensor:
    """All patches of (1, 3, H, W), STEP pixels apart: (N, 3 * PATCH * PATCH), pixel by pixel."""
    table = F.unfold(canvas, PATCH, stride=STEP)[0].view(3, PATCH * PATCH, -1)
    return table.permute(2, 1, 0).flatten(1).contiguous()


def _search(
    own: Tensor,
    starts: Tensor,
    drawn: Tensor,
    sheet: PaintSheet,
    allowed: Tensor,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Places (rows, columns) of near patches, and how far they are: mean squared differences.

    `drawn` are the places to begin at where those of `starts` are not allowed.
    """

    def distances(places: Tensor) -> Tensor:
        squares = sheet.patches(places.flatten()).sub_(own).square_()
        return squares.mean(1).view(places.shape)

    starts = starts.clamp(0, len(allowed) - 1)  # at its edges they may lie outside the sheet
    places = torch.where(allowed[starts], starts, drawn)
    nearest = distances(places)
    for propose in _proposals(sheet, generator):
        candidates = propose(places).clamp_(0, len(allowed) - 1)
        candidates = torch.where(allowed[candidates], candidates, places)
        found = distances(candidates)
        nearer = found < nearest
        places = torch.where(nearer, candidates, places)
        nearest = torch.where(nearer, found, nearest)
    return places, nearest


def _proposals(
    sheet: PaintSheet, generator: torch.Generator
) -> Iterator[Callable[[Tensor], Tensor]]:
    """What to try in turn: beside the places of neighbouring patches, and at random around."""

    def beside(down: int, across: int) -> Callable[[Tensor], Tensor]:
        move = STEP * (down * sheet.width + across)
        return lambda places: places.roll((down, across), (0, 1)) + move

    def around(radius: float) -> Callable[[Tensor], Tensor]:
        def move(places: Tensor) -> Tensor:
            far = torch.rand(2, *places.shape, generator=generator).mul_(2).sub_(1).mul_(radius)
            moves: Tensor = far.round_().long().to(places.device)
            return places + moves[0] * sheet.width + moves[1]

        return move

    for jump in JUMPS:
        for down, across in ((0, jump), (jump, 0), (0, -jump), (-jump, 0)):
            yield beside(down, across)
        for part in RADII:
            yield around(max(1.0, part * sheet.long_side))


def _vote(total: Tensor, weight: Tensor, patches: Tensor, distance: Tensor) -> None:
    """Add patches to the sums over each pixel, (H, W, 3) and (H, W, 1); near ones count more."""
    rows, columns = distance.shape
    votes = torch.exp(-distance / distance.median().clamp_min(1e-8))
    votes = votes.clamp_min(LEAST_VOTE).unsqueeze(2)
    pixels = patches.view(rows, columns, PATCH * PATCH, 3)
    for number in range(PATCH * PATCH):
        down, across = divmod(number, PATCH)
        there = (
            slice(down, down + STEP * (rows - 1) + 1, STEP),
            slice(across, across + STEP * (columns - 1) + 1, STEP),
        )
        total[there] += votes * pixels[:, :, number]
        weight[there] += votes


def blurred(picture: Tensor, deviation: float) -> Tensor:
    """A Gaussian blur of (1, 1, H, W), its border repeated outwards."""
    radius = round(3 * deviation)
    reach = torch.arange(-radius, radius + 1, device=picture.device, dtype=picture.dtype)
    kernel = torch.exp(-reach.square() / (2 * deviation**2))
    kernel /= kernel.sum()
    wide = F.pad(picture, (radius,) * 4, mode="replicate")
    across: Tensor = F.conv2d(wide, kernel.view(1, 1, 1, -1))
    return F.conv2d(across, kernel.view(1, 1, -1, 1))
