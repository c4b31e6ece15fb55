"""Moving pictures: motion, strokes that move along, frames painted from the ones before."""

import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image

from engine.device import choose_device
from engine.errors import CheckpointRejected, OutputRejected, RequestRejected, Stopped
from engine.motion.clip import Clip, FilmProgress, thinned
from engine.motion.closing import closed, frames_led_back
from engine.motion.film import film_painter, paint_film
from engine.motion.flow import motion_between, moved
from engine.motion.strokes import StylePlaces, carried
from engine.motion.writing import write_film
from engine.mp4 import SOUND_RATE
from engine.request import PaintSettings, StylizeRequest
from engine.vgg19 import Encoder
from engine.weights import bundled, load
from tests.benchmarks.films import flicker
from tests.engine.motion_clips import as_picture, pan, panned, texture
from tests.engine.paintings import damage

CPU = torch.device("cpu")
SMALL = PaintSettings(preset="draft", size=64, steps=10)
TINY = PaintSettings(preset="draft", size=32, steps=4)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    """The bundled VGG-19 in FP32."""
    return Encoder(load(bundled()), choose_device("cpu", "fp32"), "bundled")


def test_a_pan_is_found() -> None:
    """Flow leads each pixel back to where it was; what came into the picture is not sure."""
    before, after = panned(3)
    motion = motion_between(before, after)
    inner = motion.back[0, :, 16:-16, 16:-16]
    assert inner[0].median() == pytest.approx(3, abs=0.3)
    assert inner[1].abs().median() < 0.3
    assert motion.sure[..., 10:-10, 10:-10].mean() > 0.9
    assert motion.sure[..., -2:].mean() < 0.5
    known = motion.sure.bool().expand_as(after)
    assert (motion.carry(before) - after).abs()[known].mean() < 0.02
    assert not motion.is_cut


def test_nothing_moves() -> None:
    """Where nothing changes, nothing moves and all is sure, also where it is flat."""
    flat = torch.full((1, 3, 48, 48), 0.5)
    for frame in (flat, texture(48, 48)):
        motion = motion_between(frame, frame)
        assert not motion.back.any()
        assert motion.sure.all()


def test_another_shot_is_a_cut() -> None:
    """A frame of something else is not sure of anything."""
    assert motion_between(texture(64, 64, 1), texture(64, 64, 2)).is_cut


def test_values_are_read_where_the_flow_says() -> None:
    """Whole steps read the very pixel, and beyond the border its last."""
    row = torch.arange(6.0).expand(1, 1, 6, 6)
    two_right = torch.zeros(1, 2, 6, 6)
    two_right[:, 0] = 2
    assert moved(row, two_right)[0, 0, 0].tolist() == pytest.approx([2, 3, 4, 5, 5, 5])


def test_places_of_strokes() -> None:
    """A cell's number and its place in the styles lead to each other, over several styles."""
    places = StylePlaces([torch.zeros(1, 3, 16, 32), torch.zeros(1, 3, 48, 16)], 8)
    numbers = torch.arange(2 * 4 + 6 * 2)
    found = places.of(numbers)
    assert found[:, 5].tolist() == [0, 8, 8]
    assert found[:, 8 + 3].tolist() == [1, 8, 8]
    again, inside = places.numbers(found)
    assert again.equal(numbers)
    assert inside.all()
    beyond, inside = places.numbers(torch.tensor([[0.0], [-9.0], [99.0]]))
    assert not inside.any()
    assert beyond.tolist() == [3]


def test_strokes_move_by_fractions_of_a_cell() -> None:
    """After four frames of one pixel each, a stroke is a cell further on, and the same stroke."""
    wide = texture(32, 64 + 4)
    frames = [wide[..., n : n + 64] for n in range(5)]
    of_styles = StylePlaces([torch.zeros(1, 3, 64, 128)], 4)
    numbers = (torch.arange(8)[:, None] * 32 + torch.arange(16)).long()
    places = of_styles.of(numbers)
    for before, after in pairwise(frames):
        places, sure = carried(places, motion_between(before, after), 4)
    now, _ = of_styles.numbers(places)
    inner = sure[1:-1, 1:-2]
    assert inner.float().mean() > 0.8
    assert (now[1:-1, 1:-2] == numbers[1:-1, 2:-1])[inner].float().mean() > 0.9


@pytest.mark.slow
def test_frames_hold_their_paint(encoder: Encoder) -> None:
    """Painted along the motion, frames differ far less than painted each alone."""
    frames = pan(3)
    style = as_picture(texture(80, 64, 5).flip(1))
    request = StylizeRequest(frames[0], (style,), SMALL)
    painter = film_painter(request, encoder)
    before, held, alone = None, [], []
    for frame in frames:
        picture, before = painter.paint(frame, before)
        held.append(picture)
        alone.append(painter.paint(frame, None)[0])
    assert flicker(held, frames) < 0.5 * flicker(alone, frames)


def test_a_film_is_painted_again_to_the_bit(encoder: Encoder) -> None:
    """The same clip gives the same film; progress tells of each frame."""
    clip = Clip(pan(3), (0.1, 0.2, 0.1), loops=True)
    style = as_picture(texture(64, 64, 5))
    told: list[FilmProgress] = []
    films = [paint_film(clip, (style,), TINY, encoder, on_progress=told.append) for _ in range(2)]
    assert [list(map(np.asarray, film.frames)) for film in films]
    for one, other in zip(films[0].frames, films[1].frames, strict=True):
        assert np.array_equal(np.asarray(one), np.asarray(other))
    assert [progress.frame for progress in told] == [1, 2, 3] * 2
    assert told[2].seconds_left == 0
    assert films[0].seconds == clip.seconds


def test_a_style_of_no_weight_is_not_in_a_film(encoder: Encoder) -> None:
    """Nor does the order of the styles change anything, as with pictures."""
    clip, style = Clip(pan(2), (0.1, 0.1), loops=False), as_picture(texture(64, 64, 5))
    red = Image.new("RGB", (48, 48), "red")

    def painted(styles: tuple[Image.Image, ...], *weights: float) -> list[bytes]:
        settings = replace(TINY, style_weights=weights)
        return [frame.tobytes() for frame in paint_film(clip, styles, settings, encoder).frames]

    assert painted((red, style), 0, 1) == painted((style,), 1)
    assert painted((red, style), 1, 2) == painted((style, red), 2, 1)


@pytest.mark.slow
@pytest.mark.parametrize("loops", [True, False])
def test_a_film_goes_on_at_the_frame(encoder: Encoder, tmp_path: Path, loops: bool) -> None:
    """Stopped after any frame and resumed, a film is what it would have been, to the bit."""
    clip = Clip(pan(4), (0.1,) * 4, loops=loops)
    style = as_picture(texture(64, 64, 5))
    whole = paint_film(clip, (style,), TINY, encoder)
    file, told = tmp_path / "film.pth", list[FilmProgress]()
    resume = None
    for frames in (1, 3):
        part = paint_film(
            clip,
            (style,),
            TINY,
            encoder,
            on_progress=told.append,
            should_stop=lambda frames=frames: bool(told) and told[-1].frame == frames,  # type: ignore[misc]
            checkpoint=file,
            resume=resume,
        )
        assert len(part.frames) == frames
        resume = file
    again = paint_film(clip, (style,), TINY, encoder, on_progress=told.append, resume=file)
    assert [progress.frame for progress in told] == [1, 2, 3, 4]
    for one, other in zip(whole.frames, again.frames, strict=True):
        assert np.array_equal(np.asarray(one), np.asarray(other))
    others = replace(clip, frames=clip.frames[::-1])
    with pytest.raises(CheckpointRejected, match="another painting"):
        paint_film(others, (style,), TINY, encoder, resume=file)


@pytest.fixture(scope="module")
def loop() -> Clip:
    """Four frames that are closed to a loop."""
    return Clip(pan(4), (0.1,) * 4, loops=True)


@pytest.fixture(scope="module")
def film_checkpoint(loop: Clip, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a loop in its own style that was stopped after three frames."""
    file, told = tmp_path_factory.mktemp("film") / "film.pth", list[FilmProgress]()
    paint_film(
        loop,
        (loop.frames[0],),
        TINY,
        encoder,
        on_progress=told.append,
        should_stop=lambda: len(told) == 3,
        checkpoint=file,
    )
    return file


@pytest.mark.parametrize(
    ("part", "name", "damaged"),
    [
        ("stepper", "pictures", None),
        ("stepper", "pictures", torch.tensor(3)),
        ("stepper", "pictures", torch.zeros(0, 32, 32, 3, dtype=torch.uint8)),
        ("stepper", "pictures", torch.zeros(5, 32, 32, 3, dtype=torch.uint8)),
        ("stepper", "pictures", torch.zeros(3, 16, 32, 3, dtype=torch.uint8)),
        ("stepper", "pictures", torch.zeros(3, 32, 32, 3)),
        ("stepper", "content -1", torch.zeros(1, 3, 16, 32)),
        ("stepper", "canvas -1", torch.zeros(1, 3, 32, 16)),
        ("stepper", "canvas -1", torch.zeros(1, 3, 32, 32).double()),
        ("stepper", "canvas -1", torch.full((1, 3, 32, 32), torch.nan)),
        ("stepper", "places -1", torch.tensor(1.0)),
        ("stepper", "places -1", torch.zeros(3, 4, 4)),
        ("stepper", "places -1", torch.ones(3, 8, 8)),
        ("stepper", "canvas 0", None),
        ("stepper", "canvas 2", torch.zeros(1, 3, 16, 16)),
        ("log", "seconds", torch.nan),
        pytest.param("log", "seconds", 10**400, id="log-seconds-huge"),
    ],
)
def test_a_checkpoint_that_is_of_no_film_is_refused(
    part: str,
    name: str,
    damaged: object,
    loop: Clip,
    film_checkpoint: Path,
    encoder: Encoder,
    tmp_path: Path,
) -> None:
    """Whatever a worker wrote into it, the film begins anew instead of ending in an error."""
    file = tmp_path / "film.pth"
    shutil.copy(film_checkpoint, file)
    damage(file, part, name, damaged)
    with pytest.raises(CheckpointRejected, match="damaged"):
        paint_film(loop, (loop.frames[0],), TINY, encoder, resume=file)


def test_stopping_hands_over_what_is_there(encoder: Encoder) -> None:
    """After the first frame a stop gives the frames that are done, and no more sound than that."""
    clip = Clip(pan(3), (0.1,) * 3, loops=False, sound=bytes(4 * SOUND_RATE))
    style = as_picture(texture(64, 64, 5))
    done: list[FilmProgress] = []
    film = paint_film(
        clip, (style,), TINY, encoder, on_progress=done.append, should_stop=lambda: bool(done)
    )
    assert len(film.frames) == len(film.seconds) == 1
    assert len(film.sound) == 4 * SOUND_RATE // 10
    with pytest.raises(Stopped):
        paint_film(clip, (style,), TINY, encoder, should_stop=lambda: True)


def test_stopping_on_a_full_disk(encoder: Encoder, tmp_path: Path) -> None:
    """Where nothing can be kept for a later run, the frames that are done are still handed over."""
    clip, style = Clip(pan(3), (0.1,) * 3, loops=False), as_picture(texture(64, 64, 5))
    done: list[FilmProgress] = []
    faults: list[str] = []
    film = paint_film(
        clip,
        (style,),
        TINY,
        encoder,
        on_progress=done.append,
        should_stop=lambda: bool(done),
        checkpoint=tmp_path / "gone" / "film.pth",
        on_fault=faults.append,
    )
    assert len(film.frames) == 1
    assert faults


def test_what_cannot_be_a_film(encoder: Encoder) -> None:
    """Presets without strokes and masks are refused with a message."""
    frame = pan(1)[0]
    with pytest.raises(RequestRejected, match="choose one of mural, draft"):
        film_painter(StylizeRequest(frame, (frame,), PaintSettings(preset="seed")), encoder)
    with pytest.raises(RequestRejected, match="mask"):
        film_painter(StylizeRequest(frame, (frame,), TINY, frame.convert("L")), encoder)


def test_a_loop_is_closed() -> None:
    """The last frames approach the first, up to eight of them and never more than half."""
    content = texture(48, 48)
    paintings = [torch.full((1, 3, 48, 48), value) for value in (0.0, 0.4, 0.5, 0.6)]
    assert frames_led_back(4) == 2
    result = closed((content, paintings[0]), [content] * 2, paintings[2:])
    assert float(result[1].mean()) == pytest.approx(0.6 / 3, abs=0.01)
    assert float(result[0].mean()) == pytest.approx(0.5 * 2 / 3, abs=0.01)


@pytest.mark.parametrize(
    ("durations", "numbers", "seconds"),
    [
        ([0.2] * 3, (0, 1, 2), (0.2,) * 3),
        ([0.04] * 6, (0, 3, 5), (0.12, 0.08, 0.04)),
        ([1 / 60] * 12, (0, 5, 10), (5 / 60, 5 / 60, 2 / 60)),
    ],
)
def test_frames_are_thinned(
    durations: list[float], numbers: tuple[int, ...], seconds: tuple[float, ...]
) -> None:
    """At most twelve frames a second are painted; what is left out lengthens the one before."""
    timing = thinned(durations)
    assert timing.numbers == numbers
    assert timing.seconds == pytest.approx(seconds)


def test_films_are_written(tmp_path: Path) -> None:
    """GIF and WebP loop with each frame's time; an MP4 has the right length and keeps the sound."""
    sound = (np.sin(np.arange(SOUND_RATE) / 10) * 9000).astype("<i2").repeat(2).tobytes()
    clip = Clip(pan(4), (0.1, 0.3, 0.1, 0.5), loops=True, sound=sound)
    for ending in (".gif", ".webp"):
        write_film(clip, tmp_path / f"film{ending}")
        with Image.open(tmp_path / f"film{ending}") as film:
            assert film.n_frames == 4  # type: ignore[attr-defined]
            assert film.info["loop"] == 0
            film.seek(1)
            film.load()
            assert film.info["duration"] == 300
    write_film(clip, tmp_path / "film.mp4")
    with av.open(str(tmp_path / "film.mp4")) as container:
        assert container.duration is not None
        assert container.duration / 1e6 == pytest.approx(1.0, abs=0.15)
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
        (voice,) = container.streams.audio
        samples = np.concatenate([f.to_ndarray()[0] for f in container.decode(voice)])
        assert np.abs(samples).max() > 0.1
    with pytest.raises(OutputRejected, match=r"\.mp4, \.gif, \.webp"):
        write_film(clip, tmp_path / "film.png")
