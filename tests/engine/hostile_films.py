"""Damaged and hostile moving pictures."""

from PIL import Image

from tests.engine.motion_clips import animation, pan, video

FRAME = b"\x21\xf9\x04"  # begins the frame of a GIF
HUGE = b"\xff\xff\xff\xff"  # width and height of 65,535 pixels


def hostile_films() -> list[tuple[str, bytes, str]]:
    """Give names, files, and words that their refusals have."""
    gif, mp4 = animation(pan(3, side=32), "GIF"), video(pan(4), 0.1)
    two = animation([Image.new("L", (16, 16), shade) for shade in (0, 255)], "GIF", 0)
    start, size = two.index(FRAME), gif.rindex(FRAME) + 8 + 5
    return [
        ("many.gif", two[:start] + two[start:-1] * 50_000 + b";", "more than 10000 frames"),
        ("canvas.gif", gif[:6] + HUGE + gif[10:], "too many pixels"),
        ("changing.gif", gif[:size] + HUGE + gif[size + 4 :], "damaged"),
        ("cut.mp4", mp4[:200], "no moving picture that can be read"),
        ("list.mp4", b"\0\0\0\x18ftypisom#EXTM3U\nhttp://127.0.0.1/a.ts\n", "no moving picture"),
        ("small.gif", animation(pan(3, side=8), "GIF"), "has only 8x8 pixels"),
    ]
