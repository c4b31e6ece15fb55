"""Moving pictures through `/muralize`: a film comes back, whatever happens on the way."""

import asyncio
import html
import io
import os
import re
import signal
from pathlib import Path

import av
import pytest
from PIL import Image

from bot.settings import WebSettings
from bot.simulator import DiscordLimits, Invocation, Simulator, Upload
from bot.simulator.model import Interaction, Message
from tests.bot.clients import StartSimulator
from tests.end_to_end import bot_process
from tests.end_to_end.harness import (
    ROOMY,
    UNTOLD,
    Bot,
    button,
    muralize,
    painting,
    picture,
    private_answers,
    query,
    results,
    run,
    running_bot,
)
from tests.end_to_end.painters import hold, release
from tests.end_to_end.test_full_paintings import PUBLIC, fetch
from tests.engine.hostile_films import FRAME, hostile_films
from tests.engine.motion_clips import animation, pan, video

PATIENT = ROOMY.model_copy(update={"film_minutes": 600.0})  # with what nothing is known of


def asked_for(
    simulator: Simulator, content: bytes, name: str = "a.gif", **options: str
) -> Interaction:
    """Have a member ask for a painting of a small, moving picture."""
    return muralize(simulator, content=content, name=name, **options)  # type: ignore[arg-type]


async def result_of(simulator: Simulator, interaction: Interaction) -> Message:
    """Wait for the painting that an interaction asked for."""
    return await simulator.until(
        lambda: next((m for m in results(simulator) if m.interaction is interaction), None)
    )


async def refusal(simulator: Simulator, interaction: Interaction) -> str:
    """Wait for the sentence that only the member sees."""
    (told,) = await simulator.until(lambda: private_answers(simulator, interaction))
    return told.content


def frames_of(data: bytes) -> int:
    """Count the frames of a film."""
    if data[4:8] != b"ftyp":
        with Image.open(io.BytesIO(data)) as film:
            return int(film.n_frames)  # type: ignore[attr-defined]
    with av.open(io.BytesIO(data), "r") as container:
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
        return len(list(container.decode(video=0)))


async def test_a_gif_comes_back_as_a_film(simulator: Simulator, data_dir: Path) -> None:
    """The real engine paints each frame; an MP4 and a GIF come, and Delete leaves nothing."""
    async with running_bot(simulator, data_dir, painter=None, limits=PATIENT) as bot:
        gif = animation(pan(5, side=48), "GIF")
        style = animation(pan(1, side=64), "PNG")
        asked = muralize(simulator, content=gif, style=style, preset="draft", size="32")
        message = await result_of(simulator, asked)
        assert "A film of 5 frames" in message.content
        names = [file.filename for file in message.attachments]
        assert names == ["muralscape-1.mp4", "muralscape-1.gif"]
        assert [frames_of(file.content) for file in message.attachments] == [5, 5]
        labels = [part["label"] for row in message.components for part in row["components"]]
        assert "Again" in labels
        assert "Loss curve" not in labels
        assert "Time-lapse" not in labels
        shown = run(simulator, "paintings")
        (listed,) = await simulator.until(lambda: _with_files(simulator, shown))
        assert [file.filename for file in listed.attachments] == ["painting-1.webp"]
        await simulator.until(lambda: not query(data_dir, UNTOLD))
        simulator.people.press(message.id, button(message, "delete"), "ada")
        await simulator.until(lambda: message.id not in simulator.world.messages)
        assert bot.stored_pictures() == []


def _with_files(simulator: Simulator, interaction: Interaction) -> list[Message]:
    return [one for one in private_answers(simulator, interaction) if one.attachments]


async def test_what_moves_and_what_does_not(simulator: Simulator, data_dir: Path) -> None:
    """Clips come back as MP4 with frames left out; stills, and what is asked for so, as PNG."""
    gif, still = animation(pan(4, side=48), "GIF"), animation(pan(1), "GIF")
    async with running_bot(simulator, data_dir, painter="load_quick", limits=PATIENT):
        for content, name, options, files in (
            (video(pan(20, side=48), 1 / 24), "a.mp4", {}, {".mp4": 10}),
            (animation(pan(4, side=48), "WEBP"), "a.webp", {}, {".mp4": 4, ".webp": 4}),
            (animation(pan(4, side=48), "PNG"), "a.png", {}, {".mp4": 4}),
            (gif, "a.gif", {"still": "true"}, {".png": 1}),
            (gif, "a.gif", {"preset": "seed"}, {".png": 1}),
            (still, "a.gif", {}, {".png": 1}),
        ):
            message = await result_of(simulator, asked_for(simulator, content, name, **options))
            found = {Path(f.filename).suffix: frames_of(f.content) for f in message.attachments}
            assert found == files, name
        again = simulator.people.press(results(simulator)[0].id, "job:1:again", "ada")
        message = await result_of(simulator, again)
        assert "A film of 10 frames" in message.content


async def test_refused_in_words(simulator: Simulator, data_dir: Path) -> None:
    """A video that cannot be a film as it was asked for is refused, with what to change."""
    mp4 = video(pan(4), 0.1)
    async with running_bot(simulator, data_dir, painter="load_quick", limits=PATIENT):
        for options, words in (
            ({"still": "true"}, "is a video. Leave out `still`"),
            ({"preset": "gatys"}, "paints single pictures: choose one of mural, draft"),
        ):
            assert words in await refusal(simulator, asked_for(simulator, mp4, "a.mp4", **options))
        masked = muralize(simulator, content=mp4, name="a.mp4", mask=picture())
        assert "A mask goes with a single picture" in await refusal(simulator, masked)
        style = muralize(simulator, style=mp4, style_name="a.mp4")
        assert "The style picture is a video" in await refusal(simulator, style)


async def test_films_switched_off(simulator: Simulator, data_dir: Path) -> None:
    """Where the host wants none, a GIF is painted as its first frame, and a video is refused."""
    limits = ROOMY.model_copy(update={"film_seconds": 0.0})
    async with running_bot(simulator, data_dir, painter="load_quick", limits=limits):
        told = await refusal(simulator, asked_for(simulator, video(pan(4), 0.1), "a.mp4"))
        assert "is a video, which cannot be painted. Send a still" in told
        message = await result_of(simulator, asked_for(simulator, animation(pan(4), "GIF")))
        assert [file.filename for file in message.attachments] == ["muralscape-1.png"]


async def test_a_large_gif_that_does_not_move(simulator: Simulator, data_dir: Path) -> None:
    """It is a picture, to which the limits of pictures apply, and not those of films."""
    large = animation([pan(1)[0].resize((200, 100))], "GIF")
    limits = PATIENT.model_copy(update={"film_pixels": 64 * 64})
    async with running_bot(simulator, data_dir, painter="load_quick", limits=limits):
        (still,) = (await result_of(simulator, asked_for(simulator, large))).attachments
        assert still.filename.endswith(".png")
        moving = asked_for(simulator, animation(pan(3, side=100), "GIF"))
        assert "at most 0.004096 megapixels" in await refusal(simulator, moving)


async def test_too_long_a_painting(simulator: Simulator, data_dir: Path) -> None:
    """Frames are left out until the film is painted in time; where that is not enough, words."""
    gif = animation(pan(12, side=48), "GIF")
    limits = ROOMY.model_copy(update={"film_minutes": 0.6})
    async with running_bot(simulator, data_dir, painter="load_quick", limits=limits):
        told = await refusal(simulator, asked_for(simulator, gif, size="384"))
        assert "minutes to paint, and here at most 0.6 are allowed" in told
        message = await result_of(simulator, asked_for(simulator, gif, preset="draft", size="96"))
        assert 4 <= frames_of(message.attachments[0].content) < 12


async def test_a_video_in_a_message(simulator: Simulator, data_dir: Path) -> None:
    """The message menu takes a clip that somebody posted."""
    async with running_bot(simulator, data_dir, painter="load_quick", limits=PATIENT):
        posted = simulator.people.post(
            "ben", "look", [Upload("a.mp4", video(pan(3), 0.1), "video/mp4")]
        )
        asked = simulator.people.invoke(Invocation("Muralize this picture", target=str(posted.id)))
        await simulator.until(lambda: asked.modal or asked.original)
        assert asked.modal


async def test_cancelled_in_the_middle(simulator: Simulator, data_dir: Path) -> None:
    """Whoever cancels their film gets the frames that are done."""
    hold(data_dir, 2)
    async with running_bot(simulator, data_dir, painter="load_quick", limits=PATIENT) as bot:
        asked = asked_for(simulator, animation(pan(40, side=48), "GIF"))
        await until_frame(simulator, bot, 1, 2)
        card = await painting(simulator, asked)
        assert "of 40" in card.content
        simulator.people.press(card.id, button(card, "cancel"), "ada")
        message = await result_of(simulator, asked)
        (film,) = message.attachments
        assert film.filename == "muralscape-1.mp4"
        assert 2 <= frames_of(film.content) < 40
        assert f"stopped after {frames_of(film.content)} of 40 frames" in message.content


@pytest.mark.slow
async def test_goes_on_at_the_frame(simulator: Simulator, data_dir: Path) -> None:
    """After the engine died, and after a restart of the bot, the film is painted to its end."""
    hold(data_dir, 2)
    async with running_bot(
        simulator,
        data_dir,
        painter="load_quick",
        limits=PATIENT.model_copy(update={"shutdown_seconds": 0.1}),
    ) as bot:
        asked = asked_for(simulator, animation(pan(12, side=48), "GIF"))
        await until_frame(simulator, bot, 1, 2)
        os.kill(bot.executor.pids[0], signal.SIGKILL)
        hold(data_dir, 5)
        await until_frame(simulator, bot, 1, 5)
    release(data_dir)
    async with running_bot(simulator, data_dir, painter="load_quick", limits=PATIENT) as bot:
        message = await result_of(simulator, asked)
        assert "A film of 12 frames" in message.content
        resumed = int(message.content.partition("resumed at ")[2].split()[0])
        assert resumed >= 5
        assert [frames_of(file.content) for file in message.attachments] == [12, 12]
        await simulator.until(lambda: not list((data_dir / "pictures" / "unfinished").iterdir()))


async def until_frame(simulator: Simulator, bot: Bot, job_id: int, frame: int) -> None:
    """Wait until so many frames are painted."""

    def is_there() -> bool:
        progress = bot.app.jobs.progress(job_id)
        return progress is not None and progress.step >= frame

    await simulator.until(is_there)


async def test_a_film_that_is_too_large(start_simulator: StartSimulator, data_dir: Path) -> None:
    """Its first frame comes, with a link to a page that plays nothing before it is asked to."""
    simulator = await start_simulator(DiscordLimits(accepted_upload=3_000))
    web = WebSettings(port=0, public_url=PUBLIC)
    async with running_bot(
        simulator, data_dir, painter="load_quick", limits=PATIENT, web=web
    ) as bot:
        gif = animation(pan(12, side=48), "GIF")
        message = await result_of(simulator, asked_for(simulator, gif))
        (still,) = message.attachments
        assert Path(still.filename).suffix in (".png", ".webp", ".jpg")
        assert "This is its first frame: the film is too large for Discord here." in message.content
        found = re.search(rf"\(<{PUBLIC}(/paintings/1.html[^>]+)>\)", message.content)
        assert found
        status, page = await fetch(bot, found[1])
        assert status == 200
        (player,) = re.findall(r"<video [^>]+>", page.decode())
        assert "controls" in player
        assert 'preload="none"' in player
        assert "autoplay" not in player
        (film,) = re.findall(r'src="([^"]+)"', player)
        status, data = await fetch(bot, html.unescape(film))
        assert (status, frames_of(data)) == (200, 12)


@pytest.mark.slow
async def test_hostile_animations(simulator: Simulator, data_dir: Path) -> None:
    """Each is refused with a message, or painted as what it shows, at little cost."""
    async with running_bot(simulator, data_dir, painter="load_quick", limits=PATIENT) as bot:
        for name, content, words in hostile_films():
            told = await refusal(simulator, asked_for(simulator, content, name))
            assert told.startswith("The content picture"), name
            assert words in told, name
        assert bot.stored_pictures() == []
        hasty = await result_of(simulator, asked_for(simulator, animation(pan(90), "GIF", 0)))
        assert "A film of 60 frames" in hasty.content


@pytest.mark.slow
async def test_an_animation_that_takes_long(simulator: Simulator, data_dir: Path) -> None:
    """What is small as a file and slow to decode is given up after some seconds."""
    shades = [Image.new("L", (2800, 2900), shade) for shade in (0, 255)]
    two = animation(shades, "GIF", 20)
    start = two.index(FRAME)
    long = two[:start] + two[start:-1] * 150 + b";"
    async with running_bot(simulator, data_dir, painter="load_quick", limits=PATIENT):
        told = await refusal(simulator, asked_for(simulator, long))
        assert "takes too long to decode; choose a shorter or smaller one" in told


@pytest.mark.slow
async def test_the_bot_is_killed(simulator: Simulator, data_dir: Path) -> None:
    """After `kill -9` of the bot the film goes on at the frame, and is delivered once."""
    token, base = simulator.world.token, simulator.api_base
    hold(data_dir, 2)
    bot = bot_process.start(token, base, data_dir, "load_quick")
    await simulator.until(lambda: simulator.gateway.connected)
    asked = asked_for(simulator, animation(pan(20, side=48), "GIF"), size="64")
    await painting(simulator, asked)
    bot.kill()
    await asyncio.to_thread(bot.join)
    release(data_dir)
    bot = bot_process.start(token, base, data_dir, "load_quick")
    try:
        message = await result_of(simulator, asked)
        assert "A film of 20 frames" in message.content
        assert "resumed at 0" not in message.content
        assert len(results(simulator)) == 1
    finally:
        bot.terminate()
        await asyncio.to_thread(bot.join)
