"""The message menu finds every picture of a message, and says what is there where there is none."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from bot.simulator import Invocation, Simulator, Upload
from bot.simulator.drafts import Body
from bot.simulator.model import Interaction, Json, Message
from tests.end_to_end.harness import Bot, picture, running_bot
from tests.end_to_end.test_departures import atelier_of
from tests.end_to_end.test_painting import result_of, said_privately

STYLE = ("style", Upload("style.png", picture(colour="red"), "image/png"))


def use(simulator: Simulator, message: Message, user: str = "ben") -> Interaction:
    """Have a member use the menu on a message."""
    return simulator.people.invoke(
        Invocation("Muralize this picture", user=user, target=str(message.id))
    )


async def painted(
    bot: Bot, form: Interaction, fields: dict[str, Sequence[str] | str] | None = None
) -> str:
    """Send the form that an interaction opened; give the hash of the picture that was painted."""
    simulator = bot.simulator
    await simulator.until(lambda: form.modal)
    files = [] if fields else [STYLE]
    sent = simulator.people.submit(str(form.id), form.user.username, fields or {}, files)
    result = await result_of(simulator, sent)
    number = int(result.attachments[0].filename.split("-")[1].split(".")[0])
    job = await bot.app.jobs.get(number)
    assert job is not None
    return job.sources.content


def sha(data: bytes) -> str:
    """Name a picture as the store does."""
    return hashlib.sha256(data).hexdigest()


def upload(colour: str, name: str = "") -> Upload:
    """Make a file of one colour."""
    return Upload(name or f"{colour}.png", picture(colour=colour), "image/png")


def by_bot(simulator: Simulator, files: Sequence[Upload], components: list[Json]) -> Message:
    """Post a message of components, as bots do."""
    assert simulator.atelier is not None
    described = [{"id": number, "description": "A picture"} for number in range(len(files))]
    payload: Json = {"components": components, "flags": 1 << 15, "attachments": described}
    body = Body(payload, dict(enumerate(files)))
    return simulator.messages.send(simulator.atelier.gallery, simulator.world.bot, body)


async def test_wherever_the_picture_is(simulator: Simulator, data_dir: Path) -> None:
    """Forwarded, linked, in components of every kind, or a sticker: it is the one painted."""
    people, guild = simulator.people, atelier_of(simulator).guild
    teal = people.post("ada", "look", [upload("teal")])
    link = simulator.payloads.attachment(people.post("ada", "", [upload("navy")]).attachments[0])
    embed = {
        "type": "image",
        "url": link["url"],
        "thumbnail": {"url": link["url"], "proxy_url": link["proxy_url"]},
    }
    copy = {"type": "rich", "image": {"url": "https://a.example/b.png", **_proxy(link)}}
    sticker = simulator.world.add_sticker(guild, "wave", picture(colour="gold"))
    gallery: Json = {"type": 12, "items": [{"media": {"url": "attachment://pink.png"}}]}
    section: Json = {
        "type": 9,
        "components": [{"type": 10, "content": "words"}],
        "accessory": {"type": 11, "media": {"url": "attachment://gray.png"}},
    }
    async with running_bot(simulator, data_dir) as bot:
        for message, colour in (
            (people.forward(teal.id, "ada"), "teal"),
            (people.post("ada", link["url"], embeds=[embed]), "navy"),
            (people.post("ada", "https://a.example/b.png", embeds=[copy]), "navy"),
            (people.post("ada", "", stickers=[sticker]), "gold"),
            (by_bot(simulator, [upload("pink")], [gallery]), "pink"),
            (by_bot(simulator, [upload("gray")], [{"type": 17, "components": [section]}]), "gray"),
        ):
            assert await painted(bot, use(simulator, message)) == sha(picture(colour=colour))


def _proxy(link: Json) -> Json:
    return {"proxy_url": link["proxy_url"], "width": 48, "height": 32}


async def test_several_pictures(simulator: Simulator, data_dir: Path) -> None:
    """They are shown with numbers, and one is chosen before the form opens; sounds are left out."""
    song = Upload("song.mp3", b"ID3", "audio/mpeg")
    names = ("teal", "navy", "gold", "pink")
    message = simulator.people.post("ada", "", [*(upload(name) for name in names), song])
    async with running_bot(simulator, data_dir) as bot:
        choice = await said_privately(simulator, use(simulator, message))
        assert [embed["title"] for embed in choice.embeds] == [
            f"{number}. {name}.png" for number, name in enumerate(names, 1)
        ]
        menu = choice.components[0]["components"][0]
        simulator.people.press(choice.id, menu["custom_id"], "ben", ["2"])
        await simulator.until(lambda: chosen(choice) == ["3. gold.png"])
        form = simulator.people.press(choice.id, _button(choice, "Continue…"), "ben")
        assert await painted(bot, form) == sha(picture(colour="gold"))


async def test_more_styles_than_a_menu_takes(simulator: Simulator, data_dir: Path) -> None:
    """All are reached page by page, and the form begins with the one that was chosen."""
    message = simulator.people.post("ada", "", [upload("teal")])
    async with running_bot(simulator, data_dir) as bot:
        for number in range(20):
            saved = Invocation(
                "style save",
                user="ada",
                texts={"name": f"Zigzag {number:02}"},
                files={"picture": upload("red")},
            )
            await said_privately(simulator, simulator.people.invoke(saved))
        choice = await said_privately(simulator, use(simulator, message))
        assert "zigzag_19" not in offered(choice)
        simulator.people.press(choice.id, _button(choice, "▶️"), "ben")
        await simulator.until(lambda: "zigzag_19" in offered(choice))
        menu = choice.components[0]["components"][0]
        simulator.people.press(choice.id, menu["custom_id"], "ben", ["zigzag_19"])
        await simulator.until(lambda: chosen(choice) == ["Zigzag 19"])
        form = simulator.people.press(choice.id, _button(choice, "Continue…"), "ben")
        await simulator.until(lambda: form.modal)
        assert form.modal is not None
        field = form.modal["components"][0]["component"]
        assert [o["value"] for o in field["options"] if o.get("default")] == ["zigzag_19"]
        assert await painted(bot, form, {"saved_style": ["zigzag_19"]})
        job = await bot.app.jobs.get(1)
        assert job is not None
        assert job.sources.style_name == "Zigzag 19"


async def test_nothing_to_paint(simulator: Simulator, data_dir: Path) -> None:
    """The answer says what is there, and what to do."""
    people = simulator.people
    song = Upload("song.mp3", b"ID3", "audio/mpeg")
    moving = simulator.world.add_sticker(atelier_of(simulator).guild, "dance", b"{}", 3)
    elsewhere = {
        "type": "image",
        "thumbnail": {
            "url": "https://a.example/b.png",
            "proxy_url": "https://images-ext-1.discordapp.net/external/x/https/a.example/b.png",
        },
    }
    async with running_bot(simulator, data_dir):
        for message, words in (
            (people.post("ada", "words"), "no picture in this message"),
            (people.post("ada", "", [song]), "is a sound, which cannot be painted. Send a picture"),
            (people.post("ada", "", stickers=[moving]), "moving drawing (Lottie)"),
            (people.post("ada", "a link", embeds=[elsewhere]), "not stored at Discord"),
            (people.forward(people.post("ada", "", [song]).id, "ada"), "is a sound"),
        ):
            told = await said_privately(simulator, use(simulator, message))
            assert words in told.content


def chosen(message: Message) -> list[str]:
    """List the labels that the first menu of a message shows as chosen."""
    (menu,) = message.components[0]["components"]
    return [option["label"] for option in menu["options"] if option.get("default")]


def offered(message: Message) -> list[str]:
    """List the values of the first menu of a message."""
    (menu,) = message.components[0]["components"]
    return [option["value"] for option in menu["options"]]


def _button(message: Message, label: str) -> str:
    return next(
        str(one["custom_id"])
        for row in message.components
        for one in row["components"]
        if label in (one.get("label"), (one.get("emoji") or {}).get("name"))
    )
