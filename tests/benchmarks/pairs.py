"""The pairs that painters are compared on: portraits, pets, places, a screenshot, pixel art."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from engine import images
from engine.samples import FOLDER


@dataclass(frozen=True)
class Pair:
    """A content and a style, by name: a sample of the package, or one of MADE_HERE."""

    content: str
    style: str
    kind: str = "place"  # "portrait", "pet", "thing", "place", "text" or "pixels"

    @property
    def name(self) -> str:
        """For files and tables."""
        return f"{self.content}-{self.style}"

    def pictures(self) -> tuple[Image.Image, Image.Image]:
        """The content and the style."""
        return _picture(self.content), _picture(self.style)


PAIRS = (
    Pair("astronaut", "whirling_night", "portrait"),
    Pair("astronaut", "bold_sitter", "portrait"),
    Pair("grace_hopper", "watercolor_poppies", "portrait"),
    Pair("cat", "sunrise_window", "pet"),
    Pair("dogs", "pencil_cat", "pet"),
    Pair("mountains", "whirling_night"),
    Pair("mountains", "river_in_dots"),
    Pair("pagoda", "ink_mountains"),
    Pair("pagoda", "burning_bay"),
    Pair("coffee", "woodblock_waves", "thing"),
    Pair("rocket", "whirling_night", "thing"),
    Pair("rocket", "bold_sitter", "thing"),
    Pair("screenshot", "woodblock_waves", "text"),
    Pair("sprite", "loud_poster", "pixels"),
)


def chosen(parts: str, pairs: Sequence[Pair] = PAIRS) -> list[Pair]:
    """The pairs with a name that contains one of the space-separated parts; all for none."""
    wanted = parts.split()
    return [pair for pair in pairs if not wanted or any(part in pair.name for part in wanted)]


def screenshot() -> Image.Image:
    """A chat with text in several sizes, 800x600."""
    picture = Image.new("RGB", (800, 600), "#313338")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 190, 600), fill="#1e1f22")
    draw.rectangle((190, 0, 800, 52), fill="#3a3c42")
    draw.text((212, 12), "# paintings", "#ffffff", ImageFont.load_default(26))
    for number, name in enumerate(("welcome", "rules", "paintings", "challenges", "off-topic")):
        color = "#ffffff" if name == "paintings" else "#949ba4"
        draw.text((20, 70 + 44 * number), f"# {name}", color, ImageFont.load_default(20))
    lines = (
        ("Ada", "#e67e22", "Look what came out of the harbour photo!"),
        ("Grace", "#2ecc71", "The water is lovely. Which style is that?"),
        ("Ada", "#e67e22", "Burning bay, strength 1.5, 512 pixels."),
        ("Alan", "#3498db", "Now do one with the cat, please."),
    )
    for number, (name, color, text) in enumerate(lines):
        top = 78 + 122 * number
        draw.ellipse((212, top, 260, top + 48), fill=color)
        draw.text((276, top - 4), name, color, ImageFont.load_default(24))
        draw.text((276, top + 28), text, "#dbdee1", ImageFont.load_default(24))
        draw.text(
            (360, top + 2), f"today at 12:{10 + number}", "#949ba4", ImageFont.load_default(16)
        )
    draw.rounded_rectangle((212, 556, 780, 592), 8, fill="#383a40")
    draw.text((228, 562), "Message #paintings", "#6d6f78", ImageFont.load_default(20))
    return picture


def sprite() -> Image.Image:
    """A castle on a hill in pixel art: 32x32, each pixel shown as 16x16."""
    picture = Image.new("RGB", (32, 32), "#5fcde4")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((23, 2, 29, 8), fill="#fbf236")
    draw.rectangle((3, 5, 10, 6), fill="#ffffff")
    draw.rectangle((5, 4, 8, 4), fill="#ffffff")
    draw.polygon([(0, 22), (9, 14), (18, 22)], fill="#639bff")
    draw.ellipse((-8, 20, 40, 52), fill="#6abe30")
    draw.rectangle((12, 12, 24, 22), fill="#9badb7")
    for left in (10, 23):
        draw.rectangle((left, 8, left + 4, 22), fill="#847e87")
        draw.polygon([(left - 1, 7), (left + 2, 2), (left + 5, 7)], fill="#ac3232")
        draw.rectangle((left + 2, 11, left + 2, 13), fill="#222034")
    for left in range(15, 22, 2):
        draw.point((left, 11), fill="#9badb7")
    draw.rectangle((17, 17, 20, 22), fill="#663931")
    draw.rectangle((17, 23, 20, 31), fill="#d9a066")
    for x, y in ((4, 26), (7, 29), (27, 27), (25, 30), (13, 28)):
        draw.point((x, y), fill="#d95763")
        draw.point((x, y + 1), fill="#37946e")
    return picture.resize((512, 512), Image.Resampling.NEAREST)


MADE_HERE: dict[str, Callable[[], Image.Image]] = {"screenshot": screenshot, "sprite": sprite}


def _picture(name: str) -> Image.Image:
    return MADE_HERE[name]() if name in MADE_HERE else images.read(FOLDER / f"{name}.jpg")
