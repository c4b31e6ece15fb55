"""One painting from the command to the result, and what can be done with it."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.settings import LimitSettings
from bot.simulator import Invocation, Simulator, Upload
from bot.simulator.model import Interaction, Message
from tests.end_to_end.harness import (
    FAST,
    button,
    muralize,
    painting,
    picture,
    private_answers,
    results,
    run,
    running_bot,
)
from tests.end_to_end.painters import FILM, hold, release


async def result_of(simulator: Simulator, interaction: Interaction) -> Message:
    """Wait for the painting that an interaction asked for."""
    return await simulator.until(
        lambda: next((m for m in results(simulator) if m.interaction is interaction), None)
    )


async def said_privately(simulator: Simulator, interaction: Interaction) -> Message:
    """Wait for what only the member of an interaction is told."""
    return await simulator.until(
        lambda: next((m for m in private_answers(simulator, interaction) if not m.thinking), None),
    )


async def test_the_card_goes_from_waiting_to_the_result(
    simulator: Simulator, data_dir: Path
) -> None:
    """One message shows the line, then progress with a preview, then the picture and its loss."""
    seen: list[str] = []
    files: set[str] = set()

    def watch(_: object) -> None:
        for message in simulator.world.messages.values():
            if message.content and message.content not in seen:
                seen.append(message.content)
            files.update(file.filename for file in message.attachments)

    simulator.bus.subscribe(watch)
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir, painter="load_steady"):
        asked = muralize(simulator)
        await simulator.until(lambda: "preview-1.jpg" in files)
        release(data_dir)
        message = await result_of(simulator, asked)
    assert any("Waiting" in text for text in seen)
    assert any("Painting" in text and "█" in text and "loss" in text for text in seen)
    assert [file.filename for file in message.attachments] == ["muralscape-1.png"]
    assert "Final loss **10**" in message.content
    for part in ("mural", "32x32", "20 steps", "no weights at all"):
        assert part in message.content
    assert message.content in seen[-1]
    assert len(simulator.world.messages) == 1
    assert all(m.mentions == [] or not m.mention_everyone for m in results(simulator))


async def test_a_job_that_starts_at_once_never_shows_waiting(
    simulator: Simulator, data_dir: Path
) -> None:
    """A job that starts at once never shows "Waiting"; the next job does."""
    seen: dict[int, set[str]] = {}

    def watch(_: object) -> None:
        for message in simulator.world.messages.values():
            if message.interaction is not None:
                seen.setdefault(message.interaction.id, set()).add(message.content)

    simulator.bus.subscribe(watch)
    timing = replace(FAST, cards=replace(FAST.cards, debounce=2.0))
    limits = LimitSettings(shutdown_seconds=0)
    async with running_bot(
        simulator, data_dir, painter="load_slow", timing=timing, limits=limits
    ) as bot:
        await simulator.until(lambda: bot.executor.fault is None)  # the engine has been started
        first = muralize(simulator, "ada")
        await simulator.until(lambda: any("Painting" in text for text in seen.get(first.id, ())))
        second = muralize(simulator, "ben")
        await simulator.until(lambda: any("Waiting" in text for text in seen.get(second.id, ())))
        assert not any("Waiting" in text for text in seen[first.id])


async def test_a_card_whose_edit_was_lost(simulator: Simulator, data_dir: Path) -> None:
    """It is edited again, though the job has not changed since."""

    def shows(asked: Interaction, word: str) -> bool:
        messages = simulator.world.messages.values()
        return any(m.interaction is asked and word in m.content for m in messages)

    timing = replace(FAST, cards=replace(FAST.cards, painting=3600.0))  # no edits for progress
    limits = LimitSettings(shutdown_seconds=0)
    async with running_bot(
        simulator, data_dir, painter="load_slow", timing=timing, limits=limits
    ) as bot:
        first = muralize(simulator, "ada")
        await simulator.until(lambda: shows(first, "🎨") and bot.app.jobs.progress(1))
        lost = simulator.faults.hang_up(method="PATCH", path="/messages/@original$")
        second = muralize(simulator, "ben")
        await simulator.until(lambda: shows(second, "Waiting"))
        assert lost.hits == 1


async def test_buttons_work_after_a_restart(simulator: Simulator, data_dir: Path) -> None:
    """Again, stronger, softer and larger start new paintings, also when the bot was restarted."""
    async with running_bot(simulator, data_dir):
        first = await result_of(simulator, muralize(simulator))
    async with running_bot(simulator, data_dir):
        for action, expected in (
            ("again", "mural"),
            ("stronger", "strength 1.5"),
            ("softer", "strength 0.67"),
            ("larger", "mural"),
        ):
            press = simulator.people.press(first.id, button(first, action), "ben")
            message = await result_of(simulator, press)
            assert expected in message.content
            assert "for Ben" in message.content
    assert len(results(simulator)) == 5


async def test_brush_and_mask(simulator: Simulator, data_dir: Path) -> None:
    """Both are kept with the job, shown on the card, and taken over by the buttons."""
    async with running_bot(simulator, data_dir) as bot:
        asked = muralize(simulator, brush="bold", mask=picture(colour="white"))
        first = await result_of(simulator, asked)
        again = simulator.people.press(first.id, button(first, "stronger"), "ben")
        second = await result_of(simulator, again)
        for message in (first, second):
            assert "bold brush · masked" in message.content
        jobs = [await bot.app.jobs.get(number) for number in (1, 2)]
        assert [job and job.settings.brush for job in jobs] == ["bold", "bold"]
        (mask,) = {job and job.sources.mask for job in jobs}
        assert mask in bot.stored_pictures()
        broken = await said_privately(simulator, muralize(simulator, mask=b"no picture"))
        assert "The mask" in broken.content


async def test_loss_curve(simulator: Simulator, data_dir: Path) -> None:
    """The loss curve is a picture in an ephemeral answer."""
    async with running_bot(simulator, data_dir):
        first = await result_of(simulator, muralize(simulator))
        press = simulator.people.press(first.id, button(first, "curve"), "ben")
        curve = await said_privately(simulator, press)
        assert curve.attachments[0].content.startswith(b"\x89PNG")


async def test_time_lapse(simulator: Simulator, data_dir: Path) -> None:
    """A painting without a time-lapse is painted again with one, which is then sent on request."""
    async with running_bot(simulator, data_dir):
        first = await result_of(simulator, muralize(simulator))
        press = simulator.people.press(first.id, button(first, "timelapse"), "ben")
        filmed = await result_of(simulator, press)
        assert [file.filename for file in filmed.attachments] == [
            "muralscape-2.png",
            "muralscape-2.mp4",
        ]
        press = simulator.people.press(filmed.id, button(filmed, "timelapse"), "cleo")
        film = await said_privately(simulator, press)
        assert film.attachments[0].content == FILM


async def test_delete_removes_message_and_picture(simulator: Simulator, data_dir: Path) -> None:
    """Its owner deletes a result from the channel and from disk; others may not."""
    async with running_bot(simulator, data_dir) as bot:
        first = await result_of(simulator, muralize(simulator))
        press = simulator.people.press(first.id, button(first, "delete"), "ben")
        refusal = await said_privately(simulator, press)
        assert "Only the owner of this painting" in refusal.content
        assert len(bot.stored_pictures()) == 3
        simulator.people.press(first.id, button(first, "delete"), "ada")
        await simulator.until(lambda: first.id not in simulator.world.messages)
        assert bot.stored_pictures() == []


async def test_cancel_before_and_during_painting(simulator: Simulator, data_dir: Path) -> None:
    """A member cancels one that waits by command and one that is painted by its button.

    It can be painted again while another painting keeps its pictures.
    """
    async with running_bot(simulator, data_dir, painter="load_slow"):
        painted = muralize(simulator)
        await painting(simulator, painted)
        waiting = muralize(simulator)
        await simulator.until(lambda: waiting.original and "Waiting" in waiting.original.content)

        other = run(simulator, "queue cancel", "ben", {"job": "2"})
        assert "Only the owner of this painting" in (await said_privately(simulator, other)).content
        moderator = run(simulator, "queue cancel", "mo", {"job": "2"})
        assert "is cancelled" in (await said_privately(simulator, moderator)).content
        assert waiting.original is not None
        assert painted.original is not None
        original = waiting.original
        await simulator.until(lambda: "Cancelled** by a moderator" in original.content)
        assert button(original, "again")

        card = painted.original
        simulator.people.press(card.id, button(card, "cancel"), "ada")
        await simulator.until(lambda: "Cancelled" in card.content)
        assert card.attachments == []
        with pytest.raises(AssertionError):  # nothing keeps them any more
            button(card, "again")


async def test_queue_show(simulator: Simulator, data_dir: Path) -> None:
    """`/queue show` lists a member's own jobs with their places, and nobody else sees it."""
    async with running_bot(simulator, data_dir, painter="load_slow"):
        first = muralize(simulator)
        await painting(simulator, first)
        second = muralize(simulator)
        await simulator.until(lambda: second.original and "Waiting" in second.original.content)
        shown = await said_privately(simulator, run(simulator, "queue show"))
        assert "№ 1" in shown.content
        assert "number 1 in line" in shown.content
        other = await said_privately(simulator, run(simulator, "queue show", "ben"))
        assert "no painting under way" in other.content
        assert "1 being painted, 1 waiting" in other.content
        for number in ("1", "2"):
            run(simulator, "queue cancel", "ada", {"job": number})
        await simulator.until(
            lambda: all(
                i.original is not None and "Cancelled" in i.original.content
                for i in (first, second)
            )
        )


async def test_saved_styles(simulator: Simulator, data_dir: Path) -> None:
    """A starter style is offered while its name is typed, and credited on the result."""
    async with running_bot(simulator, data_dir):
        # The first use of a library makes its thumbnails, for which a busy machine needs seconds.
        listed = simulator.people.invoke(Invocation("style list", user="ada"))
        assert "Styles of this server" in (await said_privately(simulator, listed)).content
        entry = Invocation("muralize", user="ada", texts={"saved_style": "whirl"})
        offered = await simulator.people.autocomplete(entry, "saved_style")
        assert offered == [{"name": "Whirling night", "value": "whirling_night"}]
        message = await result_of(simulator, muralize(simulator, saved_style="whirling_night"))
        assert "in the style of *Whirling night*" in message.content
        unknown = await said_privately(simulator, muralize(simulator, saved_style="none such"))
        assert "no saved style of that name" in unknown.content


async def test_the_message_menu(simulator: Simulator, data_dir: Path) -> None:
    """The menu on a message with a picture opens a form; what is chosen there is painted."""
    async with running_bot(simulator, data_dir):
        posted = simulator.people.post("ben", "look", [Upload("photo.png", picture(), None)])
        menu = Invocation("Muralize this picture", user="ada", target=str(posted.id))
        opened = simulator.people.invoke(menu)
        await simulator.until(lambda: opened.modal)
        sent = simulator.people.submit(
            str(opened.id), "ada", {"saved_style": ["loud_poster"], "preset": ["draft"]}
        )
        message = await result_of(simulator, sent)
        assert "in the style of *Loud poster*" in message.content
        assert "draft" in message.content
        assert "brush" not in message.content

        opened = simulator.people.invoke(menu)
        await simulator.until(lambda: opened.modal)
        mask = Upload("mask.png", picture(colour="white"), "image/png")
        sent = simulator.people.submit(
            str(opened.id),
            "ada",
            {"saved_style": ["loud_poster"], "brush": ["fine"]},
            [("mask", mask)],
        )
        message = await result_of(simulator, sent)
        assert "fine brush · masked" in message.content

        plain = simulator.people.post("ben", "no picture here")
        menu = Invocation("Muralize this picture", user="ada", target=str(plain.id))
        told = await said_privately(simulator, simulator.people.invoke(menu))
        assert "no picture in this message" in told.content


async def test_quotas(simulator: Simulator, data_dir: Path) -> None:
    """A member with the most paintings under way gets an ephemeral refusal.

    At once, too: nobody sees a "thinking" that comes to nothing.
    """
    limits = LimitSettings(jobs_per_member=1, shutdown_seconds=0)
    async with running_bot(simulator, data_dir, painter="load_slow", limits=limits):
        first = muralize(simulator)
        await painting(simulator, first)
        refused = await said_privately(simulator, muralize(simulator))
        assert "this server's limit" in refused.content
        assert not simulator.record.find("DELETE", "@original")
