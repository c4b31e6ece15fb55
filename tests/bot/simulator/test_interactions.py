"""Commands, buttons, modals and autocomplete with the real client."""

import discord
import pytest

from bot.simulator import DiscordLimits, Invocation, Simulator, Upload
from bot.simulator.errors import Invalid
from bot.simulator.model import InteractionState, Json
from tests.bot.clients import StartSimulator, running
from tests.bot.simulator.conftest import SmallBot

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x20"  # the head of a picture of 16 x 32


def said(simulator: Simulator, text: str, user: str = "ada") -> Json | None:
    """The message with this text, if `user` sees one."""
    messages = simulator.people.messages(user)
    return next((m for m in messages if m["content"] == text), None)


async def test_command_with_a_file(simulator: Simulator, bot: SmallBot) -> None:
    """A command defers, reads its attachment, follows up and edits a file into that message."""
    entry = Invocation(
        "echo",
        user="ada",
        texts={"preset": "Mural", "size": "64", "friend": "ben"},
        files={"picture": Upload("photo.png", PNG)},
    )
    simulator.people.invoke(entry)
    message = await simulator.until(lambda: said(simulator, "size 64"))
    (file,) = message["attachments"]
    assert (file["filename"], file["width"], file["height"]) == ("result.png", 16, 32)
    assert message["embeds"][0]["image"]["url"] == file["url"]
    assert message["type"] == 20
    assert message["interaction_metadata"]["user"]["username"] == "ada"
    seen = bot.seen[0]
    assert seen.namespace.friend.display_name == "Ben"
    assert seen.filesize_limit == simulator.limits.advertised_upload
    assert seen.context.guild
    assert seen.app_permissions.attach_files


async def test_first_follow_up_fills_the_thinking_message(
    simulator: Simulator, bot: SmallBot
) -> None:
    """The deferral shows a thinking message, and the first follow-up is that message."""
    interaction = simulator.people.invoke(Invocation("think", user="ada"))
    thinking = await simulator.until(lambda: interaction.original)
    assert thinking.thinking
    bot.release.set()
    message = await simulator.until(lambda: said(simulator, "thought"))
    assert message["id"] == str(thinking.id)
    assert not thinking.thinking


async def test_ephemeral(simulator: Simulator, bot: SmallBot) -> None:
    """Only the member who ran the command sees an ephemeral answer and its follow-up."""
    simulator.people.invoke(Invocation("whisper", user="ada"))
    message = await simulator.until(lambda: said(simulator, "psst again"))
    assert message["flags"] & 64
    assert len(simulator.people.messages("ada")) == 2
    assert simulator.people.messages("ben") == []


async def test_an_ephemeral_deferral_hides_what_fills_it(
    simulator: Simulator, bot: SmallBot
) -> None:
    """Whether an answer is ephemeral is settled by the deferral, not by the follow-up."""
    bot.release.set()
    simulator.people.invoke(Invocation("think", user="ada", texts={"hidden": "true"}))
    await simulator.until(lambda: said(simulator, "thought"))
    assert simulator.people.messages("ben") == []


@pytest.mark.parametrize(("button", "text"), [("change", "changed"), ("later", "changed later")])
async def test_buttons_change_their_message(
    simulator: Simulator, bot: SmallBot, button: str, text: str
) -> None:
    """A button updates the message it is on, at once or after a deferral."""
    simulator.people.invoke(Invocation("buttons", user="ada"))
    message = await simulator.until(lambda: said(simulator, "look"))
    simulator.people.press(int(message["id"]), button, "ben")
    changed = await simulator.until(lambda: said(simulator, text))
    assert changed["id"] == message["id"]
    assert changed["edited_timestamp"] is not None


async def test_select(simulator: Simulator, bot: SmallBot) -> None:
    """A select carries the chosen values, and refuses one that it does not offer."""
    simulator.people.invoke(Invocation("buttons", user="ada"))
    message = await simulator.until(lambda: said(simulator, "look"))
    with pytest.raises(Invalid, match="offers blue, red"):
        simulator.people.press(int(message["id"]), "pick", "ben", ["green"])
    simulator.people.press(int(message["id"]), "pick", "ben", ["blue"])
    await simulator.until(lambda: said(simulator, "blue", "ben"))
    assert said(simulator, "blue", "ada") is None


async def test_modal(simulator: Simulator, bot: SmallBot) -> None:
    """A button opens a modal; what is typed comes back to the bot; a missing text is refused."""
    simulator.people.invoke(Invocation("buttons", user="ada"))
    message = await simulator.until(lambda: said(simulator, "look"))
    pressed = simulator.people.press(int(message["id"]), "sign", "ben")
    await simulator.until(lambda: pressed.modal)
    with pytest.raises(Invalid, match="required"):
        simulator.people.submit("sign-modal", "ben", {})
    simulator.people.submit("sign-modal", "ben", {"name": "Ben"})
    await simulator.until(lambda: said(simulator, "Signed by Ben"))


async def test_autocomplete(simulator: Simulator, bot: SmallBot) -> None:
    """The bot's choices for what has been typed come back; other options offer none."""
    entry = Invocation("style", user="ada", texts={"name": "st"})
    choices = await simulator.people.autocomplete(entry, "name")
    assert [choice["value"] for choice in choices] == ["starry", "stormy"]
    with pytest.raises(Invalid, match="no choices"):
        await simulator.people.autocomplete(entry, "shade")


async def test_message_menu(simulator: Simulator, bot: SmallBot) -> None:
    """A message command gets the message with its attachments."""
    posted = simulator.people.post("ben", "mine", [Upload("a.png", PNG)])
    simulator.people.invoke(Invocation("Use this picture", user="ada", target=str(posted.id)))
    message = await simulator.until(lambda: said(simulator, "1 picture(s)"))
    assert message["type"] == 23
    assert message["interaction_metadata"]["target_message_id"] == str(posted.id)


async def test_user_menu(simulator: Simulator, bot: SmallBot) -> None:
    """A user command gets the member."""
    simulator.people.invoke(Invocation("Who is this", user="ada", target="cleo"))
    await simulator.until(lambda: said(simulator, "This is Cleo"))


async def test_sub_command(simulator: Simulator, bot: SmallBot) -> None:
    """A sub-command is found by its own field and as part of the command's text."""
    simulator.people.invoke(Invocation("queue", "show", "ada"))
    simulator.people.invoke(Invocation("/queue show", user="ben"))
    await simulator.until(lambda: said(simulator, "the queue is empty", "ada"))
    await simulator.until(lambda: said(simulator, "the queue is empty", "ben"))


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (Invocation("nothing"), "no command called 'nothing'"),
        (Invocation("queue"), "Choose a sub-command: show"),
        (Invocation("queue hide"), "no sub-command 'hide'"),
        (Invocation("echo"), "'picture' is required"),
        (Invocation("echo", texts={"picture": "x"}), "'picture' takes a file"),
        (Invocation("think", texts={"hidden": "maybe"}), "yes or no"),
        (Invocation("think", texts={"other": "1"}), "no option 'other'"),
        (Invocation("think", user="zoe"), "called 'zoe'"),
        (Invocation("think", channel="attic"), "no channel 'attic'"),
    ],
)
async def test_wrong_entries(
    simulator: Simulator, bot: SmallBot, entry: Invocation, sentence: str
) -> None:
    """What a member could not have sent is refused with a sentence, and the bot hears nothing."""
    with pytest.raises(Invalid, match=sentence):
        simulator.people.invoke(entry)
    assert bot.seen == []


@pytest.mark.parametrize("size", ["big", "63", "1025"])
async def test_numbers_out_of_range(simulator: Simulator, bot: SmallBot, size: str) -> None:
    """A number option takes what its registered range allows."""
    files = {"picture": Upload("a.png", PNG)}
    with pytest.raises(Invalid, match="'size' is"):
        simulator.people.invoke(Invocation("echo", texts={"size": size}, files=files))


async def test_no_answer_in_time(start_simulator: StartSimulator) -> None:
    """After the deadline the page is told, and the late answer meets 10062."""
    simulator = await start_simulator(DiscordLimits(response_deadline=0.1))
    bot = SmallBot()
    async with running(bot, simulator):
        interaction = simulator.people.invoke(Invocation("slow"))
        await simulator.until(lambda: interaction.state is InteractionState.FAILED)
        bot.release.set()
        await simulator.until(lambda: bot.faults)
    (fault,) = bot.faults
    assert isinstance(fault, discord.NotFound)
    assert fault.code == 10062


async def test_two_answers(simulator: Simulator, bot: SmallBot) -> None:
    """A second first answer meets 40060, whichever process sends it."""
    interaction = simulator.people.invoke(Invocation("think"))
    await simulator.until(lambda: interaction.original)
    again = bot.seen[0]
    again.response._response_type = None  # as a second process would see it
    with pytest.raises(discord.HTTPException) as caught:
        await again.response.send_message("me too")
    assert caught.value.code == 40060


async def test_token_that_has_run_out(simulator: Simulator, bot: SmallBot) -> None:
    """A quarter of an hour later the webhook routes answer 401 with 50027."""
    interaction = simulator.people.invoke(Invocation("think"))
    await simulator.until(lambda: interaction.original)
    simulator.clock.advance(901)
    with pytest.raises(discord.HTTPException) as caught:
        await bot.seen[0].edit_original_response(content="late")
    assert (caught.value.status, caught.value.code) == (401, 50027)


async def test_deleted_answer(simulator: Simulator, bot: SmallBot) -> None:
    """A deleted answer is gone for the token too: 10008, and a follow-up is a new message."""
    interaction = simulator.people.invoke(Invocation("think"))
    await simulator.until(lambda: interaction.original)
    await bot.seen[0].delete_original_response()
    assert simulator.people.messages("ada") == []
    with pytest.raises(discord.NotFound) as caught:
        await bot.seen[0].edit_original_response(content="still there?")
    assert caught.value.code == 10008
    await bot.seen[0].followup.send("anew")
    assert said(simulator, "anew") is not None


async def test_interactions_in_a_direct_conversation(simulator: Simulator, bot: SmallBot) -> None:
    """A command works in a direct conversation, where the interaction has a user and no guild."""
    ada = simulator.world.find_user("ada")
    channel = simulator.world.dm(ada)
    simulator.people.invoke(Invocation("think", user="ada", channel=str(channel.id)))
    bot.release.set()
    await simulator.until(lambda: said(simulator, "thought"))
    assert bot.seen[0].guild is None
    assert bot.seen[0].user.name == "ada"
    assert simulator.people.messages("ben") == []


async def test_many_at_once(simulator: Simulator, bot: SmallBot) -> None:
    """A burst of commands is acknowledged without losing one."""
    bot.release.set()
    for _ in range(50):
        simulator.people.invoke(Invocation("think", user="ada"))
    await simulator.until(lambda: len(simulator.people.messages("ada")) == 50)
