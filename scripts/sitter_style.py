"""The bold sitter: a portrait in loud colours, laid on with a palette knife.

It is painted after the photograph of Grace Hopper that comes with the package, which is in the
public domain.
"""

import numpy as np
from drawing import Array, Rng, blur, grid, mix, noise, palette, smoothstep, streaked
from painting import Brush, Canvas
from photographs import detail, form, photograph

HEIGHT, WIDTH = 960, 800
EVERYWHERE = np.ones((HEIGHT, WIDTH), np.float32)
CROP = (50, 0, 450, 480)  # the head and the shoulders

# From dark to light.
WARM = (
    "#1b1f63",
    "#4a2a86",
    "#1f6f7f",
    "#3fa37a",
    "#d9452f",
    "#f0743a",
    "#f9a95a",
    "#fdd98a",
    "#fff3c4",
    "#fffdf0",
)
COLD = ("#151648", "#22349a", "#6a2f9a", "#1f7fb8", "#22b0a5", "#9fd9a0", "#fbe79a", "#fff8e0")
WALL = ("#f2607f", "#f79a4a", "#f4c95a", "#4fc0a0", "#1f9fb0", "#2f62b8")


def sitter(rng: Rng) -> Array:
    """Return a portrait, laid on with a knife."""
    photo = photograph("grace_hopper", WIDTH, HEIGHT, CROP)
    free = 0.7 + 0.9 * noise(rng, HEIGHT, WIDTH, 260, 2.4)
    angle = form(photo, (4, 12, 36), free, 45)
    color = _loud(rng, photo, angle)
    fine = detail(photo, 4)
    canvas = Canvas(
        mix(blur(color, 10), palette(0 * angle, "#8a3a2a", "#8a3a2a"), 0.5 * EVERYWHERE)
    )
    for brush, where in (
        (
            Brush(46, 100, 2.4, taper=0.05, jitter=0.07, streaks=0.12, split=0.14, stop=0.6),
            EVERYWHERE,
        ),
        (
            Brush(
                28,
                66,
                1.7,
                taper=0.05,
                body=1.6,
                jitter=0.07,
                streaks=0.14,
                split=0.16,
                stop=0.4,
                dryness=0.3,
            ),
            EVERYWHERE,
        ),
        (
            Brush(
                14, 40, 2.0, taper=0.12, body=1.6, jitter=0.07, streaks=0.13, split=0.14, stop=0.3
            ),
            fine,
        ),
        (Brush(7, 26, 2.2, taper=0.3, body=1.5, jitter=0.06, streaks=0.12, stop=0.25), fine**1.4),
        (Brush(4, 18, 2.0, taper=0.4, body=1.2, jitter=0.05, streaks=0.1, stop=0.25), fine**2.2),
    ):
        canvas.paint(rng, brush, color, angle, where.astype(np.float32))
    return canvas.lit(relief=1.0, gloss=0.13, smooth=0.8)


def _loud(rng: Rng, photo: Array, angle: Array) -> Array:
    """Return colours by how light and how warm the photograph is."""
    x, y = grid(HEIGHT, WIDTH)
    value = photo.mean(2)
    drift, patches = noise(rng, HEIGHT, WIDTH, 120, 1.8), noise(rng, HEIGHT, WIDTH, 40, 1.5)
    bands = streaked(noise(rng, HEIGHT, WIDTH, 12, 1.3), angle, 60)
    tone = value + 0.018 * bands + 0.015 * patches
    cloth = smoothstep(0.30, 0.10, value)
    tone += 0.13 * cloth * (0.6 + 0.5 * bands + 0.5 * drift)
    warm = palette(1.25 * (tone - 0.10) + 0.05 * drift, *WARM)
    cold = palette(1.1 * (tone - 0.03) + 0.03 * drift, *COLD)
    hue = photo[..., 0] - photo[..., 2]
    color = mix(cold, warm, smoothstep(-0.02, 0.10, hue + 0.02 * drift))
    blue = smoothstep(0.12, 0.22, photo[..., 2] - photo[..., 0]) * smoothstep(
        0.4, 0.5, value + 0 * x
    )
    wall = palette(0.45 + 0.22 * drift + 0.12 * bands + 0.25 * (y - 0.5), *WALL)
    return mix(color, wall, blue)
