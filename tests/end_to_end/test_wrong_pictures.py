"""Attachments that cannot be painted: a sentence for their sender, nothing queued, nothing kept."""

from pathlib import Path

import pytest

from bot.settings import LimitSettings
from bot.simulator import Invocation, Simulator, Upload
from bot.simulator.faults import CdnFault
from bot.simulator.model import Interaction, Message
from tests.end_to_end.harness import (
    Bot,
    muralize,
    picture,
    private_answers,
    running_bot,
)

LIMITS = LimitSettings(attachment_bytes=20_000, pixels=10_000)


async def refusal(simulator: Simulator, bot: Bot, interaction: Interaction) -> Message:
    """Wait for the private refusal and check that nothing else is left of the request."""
    (told,) = await simulator.until(lambda: private_answers(simulator, interaction))
    assert list(simulator.world.messages.values()) == [told], "the public answer is still there"
    assert bot.stored_pictures() == []
    assert bot.app.jobs.places() == {}
    assert await bot.app.jobs.jobs_of(interaction.channel.guild_id or 0, interaction.user.id) == []
    simulator.world.messages.pop(told.id)
    return told


async def test_each_kind(simulator: Simulator, data_dir: Path) -> None:
    """Each wrong file is answered with a sentence that says what to do, seen by its sender only."""
    wrong: list[tuple[str, bytes, str]] = [
        ("text.png", b"just words, whatever the name says", "is not a picture that can be read"),
        ("empty.png", b"", "is empty"),
        ("cut.jpg", picture(form="JPEG")[:300], "is damaged or cut off"),
        ("vector.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is not a picture"),
        ("large.png", b"x" * 20_001, "choose a smaller file"),
        ("wide.png", picture(200, 100), "choose a picture of at most"),
        ("tiny.png", picture(4, 4), "has only 4x4 pixels"),
        ("strip.png", picture(600, 16), "is a strip"),
        ("old.bmp", picture(form="BMP"), "is not a picture that can be read"),
        ("film.png", b"\0\0\0\x18ftypisom" + bytes(99), "is no moving picture that can be read"),
    ]
    async with running_bot(simulator, data_dir, limits=LIMITS) as bot:
        for name, data, words in wrong:
            told = await refusal(simulator, bot, muralize(simulator, content=data, name=name))
            assert words in told.content, name
            assert told.content.startswith("The content picture")
        told = await refusal(simulator, bot, muralize(simulator, style=b"no picture"))
        assert told.content.startswith("The style picture is not a picture")


async def test_files_that_are_no_pictures(simulator: Simulator, data_dir: Path) -> None:
    """However large they are, their sender reads what they are and what to send instead."""
    async with running_bot(simulator, data_dir, limits=LIMITS) as bot:
        for name, words in (
            ("song.mp3", "is a sound, which cannot be painted. Send a picture: JPEG, PNG"),
            ("paper.pdf", "is a PDF"),
            ("all.zip", "is an archive"),
        ):
            files = {"content": Upload(name, bytes(30_000)), "style": Upload("s.png", picture())}
            told = await refusal(
                simulator, bot, simulator.people.invoke(Invocation("muralize", files=files))
            )
            assert f"The content picture {words}" in told.content


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (CdnFault("content", stall_at=10), "could not be downloaded within 0.5 seconds"),
        (CdnFault("content", cut_at=10), "could not be downloaded from Discord"),
        (CdnFault("content", status=404), "could not be fetched from Discord"),
        (CdnFault("content", redirect="http://127.0.0.1:1/"), "could not be fetched from Discord"),
        (CdnFault("content", extra=30_000), "choose a smaller file"),
    ],
    ids=["stalls", "breaks off", "gone", "redirected", "more than declared"],
)
async def test_downloads_that_fail(
    simulator: Simulator, data_dir: Path, fault: CdnFault, words: str
) -> None:
    """A download that stalls, breaks off, is gone, leads elsewhere or swells is given up."""
    simulator.faults.download(fault)
    seconds = 0.5 if fault.stall_at is not None else LIMITS.download_seconds
    limits = LIMITS.model_copy(update={"download_seconds": seconds})
    async with running_bot(simulator, data_dir, limits=limits) as bot:
        told = await refusal(simulator, bot, muralize(simulator))
        assert words in told.content


async def test_wrong_options(simulator: Simulator, data_dir: Path) -> None:
    """A missing style or a size beyond the limit is refused before anything is fetched."""
    async with running_bot(simulator, data_dir, limits=LIMITS) as bot:
        told = await refusal(simulator, bot, muralize(simulator, size="4096"))
        assert "The largest size here is 1024 pixels" in told.content
        unknown = muralize(simulator, saved_style="none")
        (told,) = await simulator.until(lambda: private_answers(simulator, unknown))
        assert "no saved style" in told.content
