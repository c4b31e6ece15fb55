"""Pictures that a member points at: links, members, emojis, stickers, and the last one posted."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from bot.jobs.model import Job
from bot.simulator import Invocation, Permission, Simulator
from bot.simulator.model import Guild, Interaction, Message, Sticker
from tests.end_to_end.harness import Bot, picture, running_bot
from tests.end_to_end.test_departures import atelier_of
from tests.end_to_end.test_message_menu import STYLE, sha, upload
from tests.end_to_end.test_painting import result_of, said_privately

READS_MESSAGES = 1 << 19  # the message content intent, as the portal sets it


@pytest.fixture
async def bot(simulator: Simulator, data_dir: Path) -> AsyncIterator[Bot]:
    """Run a bot in a server whose members have avatars, an emoji and stickers."""
    world, guild = simulator.world, atelier_of(simulator).guild
    ada, ben = (world.find_user(name) for name in ("ada", "ben"))
    ada.avatar, ben.avatar = picture(colour="navy"), picture(colour="gold")
    guild.members[ben.id].avatar = picture(colour="pink")
    world.add_emoji(guild, "wow", picture(colour="teal"), animated=True)
    world.add_sticker(guild, "wave", picture(colour="gray"))
    world.add_sticker(guild, "dance", b"{}", 3)
    async with running_bot(simulator, data_dir) as running:
        yield running


def point(simulator: Simulator, user: str = "ada", channel: str = "", **texts: str) -> Interaction:
    """Have a member send `/muralize` with texts and, unless one is named, a style."""
    files = {} if {"style_from", "saved_style"} & texts.keys() else dict([STYLE])
    return simulator.people.invoke(
        Invocation("muralize", user=user, channel=channel, texts=texts, files=files)
    )


async def painted(bot: Bot, asked: Interaction) -> Job:
    """Wait for a result, and give its job."""
    result = await result_of(bot.simulator, asked)
    job = await bot.app.jobs.get(int(result.attachments[0].filename.split("-")[1].split(".")[0]))
    assert job is not None
    return job


async def content_of(bot: Bot, asked: Interaction) -> str:
    """Wait for a result, and give the hash of the picture that it was painted from."""
    return (await painted(bot, asked)).sources.content


def only_emoji(guild: Guild) -> str:
    """Write the server's emoji as a client sends it."""
    (emoji,) = guild.emojis.values()
    return f"<a:{emoji.name}:{emoji.id}>"


def sticker(guild: Guild, name: str) -> Sticker:
    """Find a sticker of the server."""
    return next(one for one in guild.stickers.values() if one.name == name)


async def told(simulator: Simulator, asked: Interaction) -> str:
    """Wait for the form that a command opens, and give what it says first."""
    await simulator.until(lambda: asked.modal)
    assert asked.modal is not None
    return str(asked.modal["components"][0].get("content", ""))


async def test_whatever_is_pointed_at(simulator: Simulator, bot: Bot) -> None:
    """Each kind of text is the picture that it stands for; what is named first is the content."""
    guild = atelier_of(simulator).guild
    ben = simulator.world.find_user("ben")
    posted = simulator.people.post("ada", "", [upload("lime")])
    link = simulator.payloads.attachment(posted.attachments[0])["url"]
    for text, colour in (
        (link, "lime"),
        (f"<{link}>", "lime"),
        ("me", "navy"),
        (f"<@{ben.id}>", "pink"),  # the avatar that he has in this server
        ("@ben", "pink"),
        (only_emoji(guild), "teal"),
        (":wow:", "teal"),
        (f"sticker:{sticker(guild, 'wave').id}", "gray"),
        ("Wave", "gray"),
    ):
        asked = point(simulator, content_from=text)
        assert await content_of(bot, asked) == sha(picture(colour=colour)), text
    job = await painted(bot, point(simulator, content_from="me", style_from="@ben"))
    assert job.sources.styles == (sha(picture(colour="pink")),)
    assert (job.sources.content_title, job.sources.style_title) == ("Ada's avatar", "Ben's avatar")


async def test_the_last_picture_of_the_channel(simulator: Simulator, bot: Bot) -> None:
    """It is the newest that Discord shows the bot: its own paintings, and whatever mentions it."""
    simulator.people.post("ada", "", [upload("lime")])
    simulator.people.post("ben", "no picture, but <:wow:123456789012345678>")
    nothing = await told(simulator, point(simulator, content_from="last"))
    assert "Discord shows me only my own messages" in nothing
    first = await result_of(simulator, point(simulator, content_from="me"))
    own = first.attachments[0].content
    simulator.people.post("ada", "", [upload("lime")])
    assert await content_of(bot, point(simulator, content_from="last")) == sha(own)
    simulator.people.post("ada", f"<@{simulator.world.bot.id}> look", [upload("olive")])
    asked = point(simulator, content_from="last")
    assert await content_of(bot, asked) == sha(picture(colour="olive"))


async def test_where_the_bot_reads_messages(simulator: Simulator, data_dir: Path) -> None:
    """With the message content intent the last picture is whoever's it is."""
    simulator.world.portal["flags"] = READS_MESSAGES
    simulator.people.post("ada", "", [upload("olive"), upload("plum")])
    simulator.people.post("ben", "no picture, but <:wow:123456789012345678>")
    async with running_bot(simulator, data_dir) as bot:
        entry = Invocation("muralize", user="ada", texts={"content_from": "the last"})
        (offered,) = await simulator.people.autocomplete(entry, "content_from")
        assert offered == {"name": "The last picture in this channel", "value": "last"}
        asked = point(simulator, content_from="last")
        assert await content_of(bot, asked) == sha(picture(colour="plum"))


async def test_who_may_not_look_back(simulator: Simulator, bot: Bot) -> None:
    """A member who cannot read what was posted before gets none of it from the bot either."""
    atelier = atelier_of(simulator)
    await result_of(simulator, point(simulator, content_from="me"))
    ben = simulator.world.find_user("ben")
    simulator.world.overwrite(atelier.gallery, ben, deny=Permission.READ_MESSAGE_HISTORY)
    assert "I cannot read" in await told(simulator, point(simulator, "ben", content_from="last"))
    entry = Invocation("muralize", user="ben", texts={"content_from": ""})
    offered = await simulator.people.autocomplete(entry, "content_from")
    assert offered[0]["value"] == "me"


async def test_what_is_offered(simulator: Simulator, bot: Bot) -> None:
    """While a member types they see what the bot can find; Lottie stickers are left out."""
    entry = Invocation("muralize", user="ada", texts={"style_from": ""})
    offered = await simulator.people.autocomplete(entry, "style_from")
    assert [choice["name"] for choice in offered] == [
        "The last painting in this channel",
        "Your avatar",
        "Sticker wave",
        "Emoji wow",
    ]
    guild = atelier_of(simulator).guild
    simulator.world.add_emoji(guild, "cat", picture())
    typed = Invocation("muralize", user="ada", texts={"style_from": ":ca"})
    (found,) = await simulator.people.autocomplete(typed, "style_from")
    assert await content_of(bot, point(simulator, content_from=found["value"])) == sha(picture())


async def test_paint_their_avatar(simulator: Simulator, bot: Bot) -> None:
    """The menu of a member paints the avatar that they have there, or Discord's own for them."""
    for name, data in (("ben", picture(colour="pink")), ("cleo", None)):
        member = simulator.world.find_user(name)
        menu = Invocation("Paint their avatar", user="ada", target=str(member.id))
        sent = await filled_in(simulator, simulator.people.invoke(menu))
        content = await content_of(bot, sent)
        assert data is None or content == sha(data)


async def filled_in(simulator: Simulator, opener: Interaction) -> Interaction:
    """Give a style in the form that an interaction opens."""
    await simulator.until(lambda: opener.modal)
    return simulator.people.submit(str(opener.id), opener.user.username, {}, [STYLE])


async def test_what_is_missing_is_asked_for(simulator: Simulator, bot: Bot) -> None:
    """Without a picture a form opens; what was chosen already holds."""
    nothing = simulator.people.invoke(
        Invocation("muralize", user="ada", texts={"preset": "draft", "seed": "7"})
    )
    await simulator.until(lambda: nothing.modal)
    ben = simulator.world.find_user("ben")
    fields = {"member": [str(ben.id)], "saved_style": ["whirling_night"]}
    job = await painted(bot, simulator.people.submit(str(nothing.id), "ada", fields))
    assert job.sources.content == sha(picture(colour="pink"))
    assert (job.settings.preset, job.settings.seed) == ("draft", 7)
    assert job.sources.style_name == "Whirling night"

    no_style = simulator.people.invoke(
        Invocation("muralize", user="ada", files={"content": upload("lime")})
    )
    await simulator.until(lambda: no_style.modal)
    assert no_style.modal is not None
    names = [part["component"]["custom_id"] for part in no_style.modal["components"]]
    assert names == ["saved_style", "style"]
    sent = simulator.people.submit(str(no_style.id), "ada", {}, [STYLE])
    assert await content_of(bot, sent) == sha(picture(colour="lime"))

    again = simulator.people.invoke(Invocation("muralize", user="ada"))
    await simulator.until(lambda: again.modal)
    sent = simulator.people.submit(str(again.id), "ada", {}, [STYLE])
    assert "A picture to repaint is missing" in (await said_privately(simulator, sent)).content


CANNOT_BE_FOUND = {
    "https://a.example/cat.png": "not stored at Discord",
    "http://127.0.0.1@a.example/cat.png": "not stored at Discord",
    "https://discord.com/channels/1/2/3": "a link to a message",
    "dance": "moving drawing (Lottie)",
    "https://cdn.discordapp.com/stickers/1.json": "moving drawing (Lottie)",
    "🐱": "a letter of a font",
    ":unheard_of:": "no emoji and no sticker called",
    "<@123456789012345678>": "no such member",
    "<@99999999999999999999>": "does not let me look that up",
    "@nobody": "no member called nobody",
    "@" + 999 * "😀": "no member called",
    "%$ 1 &": "I do not understand",
}


async def test_what_cannot_be_found(simulator: Simulator, bot: Bot) -> None:
    """A form says why, and takes another picture; nothing is fetched."""
    for text, words in CANNOT_BE_FOUND.items():
        asked = point(simulator, content_from=text)
        assert words in await told(simulator, asked), text
    assert not simulator.record.downloads
    sent = simulator.people.submit(str(asked.id), "ada", {}, [("content", upload("lime"))])
    assert await content_of(bot, sent) == sha(picture(colour="lime"))


async def test_foreign_hosts(simulator: Simulator, data_dir: Path) -> None:
    """Where the CDN is not among the configured hosts, no kind of source is asked of it."""
    world, guild = simulator.world, atelier_of(simulator).guild
    emoji = world.add_emoji(guild, "wow", picture())
    world.add_sticker(guild, "wave", picture())
    world.portal["flags"] = READS_MESSAGES
    posted = simulator.people.post("ada", "", [upload("lime")])
    link = simulator.payloads.attachment(posted.attachments[0])["url"]
    async with running_bot(simulator, data_dir, hosts=("a.example",)):
        for text in (link, "me", "@ben", f"<:wow:{emoji.id}>", ":wow:", "wave", "last"):
            for option in ("content_from", "style_from"):
                files = {("style" if option == "content_from" else "content"): upload("red")}
                asked = simulator.people.invoke(
                    Invocation("muralize", user="ada", texts={option: text}, files=files)
                )
                words = "no picture in the last" if text == "last" else "not stored at Discord"
                assert words in await told(simulator, asked), text
        menu = Invocation("Muralize this picture", user="ada", target=str(posted.id))
        answer = await said_privately(simulator, simulator.people.invoke(menu))
        assert "no picture" in answer.content
        attached = simulator.people.invoke(
            Invocation("muralize", user="ada", files={"content": upload("lime"), **dict([STYLE])})
        )
        assert "not stored at Discord" in (await said_privately(simulator, attached)).content
        form = simulator.people.invoke(
            Invocation("Paint their avatar", user="ada", target=str(world.find_user("ben").id))
        )
        await simulator.until(lambda: form.modal)
        fields = {"saved_style": ["whirling_night"]}
        sent = simulator.people.submit(str(form.id), "ada", fields)
        assert "not stored at Discord" in (await said_privately(simulator, sent)).content
    assert not simulator.record.downloads


async def test_moving_stickers_and_emojis_in_messages(simulator: Simulator, bot: Bot) -> None:
    """The menu of a message paints a sticker, as a film, or an emoji of the text."""
    guild = atelier_of(simulator).guild
    moving = simulator.world.add_sticker(guild, "spin", animation(), 4)
    people = simulator.people
    with_sticker = people.post("ada", "", stickers=[moving])
    with_emoji = people.post("ada", f"hello {only_emoji(guild)}")
    forwarded = people.forward(with_emoji.id, "ben")
    for message, data in (
        (with_sticker, animation()),
        (with_emoji, picture(colour="teal")),
        (forwarded, picture(colour="teal")),
    ):
        assert await content_of(bot, await use_menu(simulator, message)) == sha(data)


async def use_menu(simulator: Simulator, message: Message) -> Interaction:
    """Muralize a message's picture by its menu."""
    entry = Invocation("Muralize this picture", user="ben", target=str(message.id))
    return await filled_in(simulator, simulator.people.invoke(entry))


def animation() -> bytes:
    """Encode a GIF of two frames."""
    frames = [Image.new("RGB", (48, 32), colour) for colour in ("teal", "red")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


async def test_own_words(simulator: Simulator, bot: Bot) -> None:
    """A member's own alt text is that of the painting, and of those made from it."""
    asked = point(simulator, content_from="me", alt_text="Ada, smiling @everyone")
    result = await result_of(simulator, asked)
    assert result.attachments[0].description == "Ada, smiling everyone"
    again = simulator.people.press(result.id, "job:1:again", "ada")
    repeated = await result_of(simulator, again)
    assert repeated.attachments[0].description == "Ada, smiling everyone"
