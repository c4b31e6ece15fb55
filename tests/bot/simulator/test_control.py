"""The page's API under /sim/, over HTTP as the page uses it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.simulator import Invocation, Simulator
from bot.simulator.permissions import Permission
from tests.bot.simulator.conftest import SmallBot


@pytest.fixture
async def page(simulator: Simulator) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser's connection to the simulator."""
    async with aiohttp.ClientSession(simulator.url) as session:
        yield session


def form(files: dict[str, bytes] | None = None, **texts: str) -> aiohttp.FormData:
    """A multipart form with these fields."""
    data = aiohttp.FormData(default_to_multipart=True)
    for name, text in texts.items():
        data.add_field(name, text)
    for name, content in (files or {}).items():
        data.add_field(name, content, filename=f"{name}.png", content_type="image/png")
    return data


async def seen(page: aiohttp.ClientSession, user: str, text: str) -> dict[str, Any]:
    """Ask for the messages of `user` until one has this text."""
    async with asyncio.timeout(120):
        while True:
            async with page.get("/sim/messages", params={"user": user}) as answer:
                for message in await answer.json():
                    if message["content"] == text:
                        found: dict[str, Any] = message
                        return found
            await asyncio.sleep(0.01)


async def test_command_with_a_file(
    simulator: Simulator, bot: SmallBot, page: aiohttp.ClientSession
) -> None:
    """A form runs a command; the answer's attachment is downloaded from its address."""
    data = form({"picture": b"pixels"}, command="echo", user="ada", size="99")
    async with page.post("/sim/commands", data=data) as answer:
        assert answer.status == 202
        assert (await answer.json())["interaction_id"].isdecimal()
    message = await seen(page, "ada", "size 99")
    async with page.get(message["attachments"][0]["url"].removeprefix(simulator.url)) as file:
        assert await file.read() == b"pixels"
        assert file.content_type == "image/png"


async def test_wrong_command(bot: SmallBot, page: aiohttp.ClientSession) -> None:
    """What cannot be run is answered 400 with a sentence."""
    async with page.post("/sim/commands", data=form(command="echo", user="ada")) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"] == "The option 'picture' is required."


async def test_button_and_modal(
    simulator: Simulator, bot: SmallBot, page: aiohttp.ClientSession
) -> None:
    """A button is pressed and the modal it opened is sent, each as JSON."""
    await page.post("/sim/commands", data=form(command="buttons", user="ada"))
    message = await seen(page, "ada", "look")
    press = {"message_id": message["id"], "custom_id": "sign", "user": "ben", "values": []}
    async with page.post("/sim/components", json=press) as answer:
        assert answer.status == 202
        opener = (await answer.json())["interaction_id"]
    await simulator.until(lambda: simulator.interactions.by_id[int(opener)].modal)
    modal = {"interaction_id": opener, "user": "ben", "fields": {"name": "Ben"}}
    assert (await page.post("/sim/modals", json=modal)).status == 202
    await seen(page, "ada", "Signed by Ben")


async def test_autocomplete(bot: SmallBot, page: aiohttp.ClientSession) -> None:
    """The choices for the option in focus come from the bot."""
    data = form(command="style", user="ada", focused="name", name="w")
    async with page.post("/sim/autocomplete", data=data) as answer:
        assert (await answer.json())["choices"] == [{"name": "wave", "value": "wave"}]


async def test_message_menu_on_a_posted_picture(bot: SmallBot, page: aiohttp.ClientSession) -> None:
    """A member posts a picture and another uses a menu command on it."""
    data = form({"file": b"pixels"}, user="ben", content="mine", channel="studio")
    async with page.post("/sim/messages", data=data) as answer:
        assert answer.status == 201
        posted = await answer.json()
    menu = form(
        command="Use this picture", user="ada", channel="studio", target_message=posted["id"]
    )
    assert (await page.post("/sim/commands", data=menu)).status == 202
    await seen(page, "ada", "1 picture(s)")


async def test_deleting(simulator: Simulator, page: aiohttp.ClientSession) -> None:
    """Members delete their own messages, a moderator any."""
    first = simulator.people.post("ada", "one").id
    second = simulator.people.post("ada", "two").id
    assert (await page.delete(f"/sim/messages/{first}", params={"user": "ben"})).status == 400
    assert (await page.delete(f"/sim/messages/{first}", params={"user": "ada"})).status == 204
    assert (await page.delete(f"/sim/messages/{second}", params={"user": "mo"})).status == 204
    assert simulator.people.messages("ada") == []


async def test_state(simulator: Simulator, bot: SmallBot, page: aiohttp.ClientSession) -> None:
    """The state has the guilds, channels, people with their part, commands, and the bot."""
    async with page.get("/sim/state") as answer:
        state = await answer.json()
    assert state["bot"]["connected"] is True
    (guild,) = state["guilds"]
    assert [channel["name"] for channel in guild["channels"]] == ["gallery", "studio"]
    assert {"echo", "Use this picture"} <= {command["name"] for command in guild["commands"]}
    moderators = {user["username"] for user in state["users"] if user["moderator"]}
    assert moderators == {"mo", "olga"}


async def test_commands_with_a_needed_permission(simulator: Simulator, bot: SmallBot) -> None:
    """A command for managers of the server is refused to others."""
    command = simulator.commands.named("slow")
    wanted = {"default_member_permissions": int(Permission.MANAGE_GUILD)}
    simulator.commands.change(command, wanted)
    async with aiohttp.ClientSession(simulator.url) as page:
        for user, status in (("ada", 400), ("mo", 202)):
            data = form(command="slow", user=user)
            assert (await page.post("/sim/commands", data=data)).status == status


async def test_channel_out_of_sight(simulator: Simulator, page: aiohttp.ClientSession) -> None:
    """A member does not see the messages of a channel that is closed to them."""
    assert simulator.atelier is not None
    simulator.people.post("mo", "for moderators", channel="studio")
    ada = simulator.world.find_user("ada")
    simulator.world.overwrite(simulator.atelier.studio, ada, deny=Permission.VIEW_CHANNEL)
    assert simulator.people.messages("ada") == []
    assert len(simulator.people.messages("ben")) == 1


async def _next_event(stream: aiohttp.StreamReader) -> tuple[str, Any]:
    fields: dict[str, str] = {}
    async for line in stream:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        elif "event" in fields:
            return fields["event"], json.loads(fields["data"])
    raise AssertionError("the stream ended")


async def test_events(simulator: Simulator, bot: SmallBot, page: aiohttp.ClientSession) -> None:
    """The stream of a user has what that user sees, in order, and nothing of others' secrets."""
    async with page.get("/sim/events", params={"user": "ben"}) as stream:
        simulator.people.invoke(Invocation("whisper", user="ada"))
        simulator.people.post("ada", "hello")
        name, data = await _next_event(stream.content)
        assert (name, data["message"]["content"]) == ("message_create", "hello")
        bot.release.set()
        simulator.people.invoke(Invocation("think", user="ben"))
        names = [(await _next_event(stream.content))[0] for _ in range(3)]
    assert names == ["message_create", "interaction_thinking", "message_update"]


async def test_events_that_were_missed(simulator: Simulator, page: aiohttp.ClientSession) -> None:
    """A page that comes back with Last-Event-ID gets what happened in between."""
    simulator.people.post("ada", "one")
    async with page.get("/sim/events", headers={"Last-Event-ID": "0"}) as stream:
        names: list[str] = []
        while names[-1:] != ["message_create"]:
            names.append((await _next_event(stream.content))[0])
    assert set(names) == {"message_create"}


async def test_failure_is_told(simulator: Simulator, bot: SmallBot) -> None:
    """When the bot does not answer, its member is told in Discord's words; traffic is on demand."""
    simulator.limits.response_deadline = 0.05
    async with (
        aiohttp.ClientSession(simulator.url) as page,
        page.get("/sim/events", params={"user": "ada", "traffic": "1"}) as stream,
    ):
        simulator.people.invoke(Invocation("slow", user="ada"))
        seen_events = {}
        while "interaction_failed" not in seen_events:
            name, data = await _next_event(stream.content)
            seen_events[name] = data
    assert seen_events["interaction_failed"]["text"] == "The application did not respond"
    assert seen_events["traffic"]["event"] == "INTERACTION_CREATE"


async def test_traffic(bot: SmallBot, page: aiohttp.ClientSession) -> None:
    """The traffic so far can be read at once."""
    async with page.get("/sim/traffic") as answer:
        entries = await answer.json()
    assert {"rest", "gateway"} == {entry["kind"] for entry in entries}


@pytest.mark.parametrize("path", ["/sim/state", "/api/v10/gateway", "/cdn/x"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_foreign_pages_are_refused(
    page: aiohttp.ClientSession, path: str, headers: dict[str, str]
) -> None:
    """Another Host or Origin is refused everywhere: no web page elsewhere may act in here."""
    async with page.get(path, headers=headers) as answer:
        assert answer.status == 403


async def test_the_usual_port() -> None:
    """On port 80, which browsers and clients leave out of an address, the page is let in too."""
    simulator = Simulator(port=80)
    try:
        await simulator.start()
    except OSError:
        pytest.skip("port 80 is taken, or needs the administrator's rights")
    address = f"{simulator.url}/sim/state"
    async with aiohttp.ClientSession() as client, client.get(address) as answer:
        assert answer.status == 200
    await simulator.stop()


async def test_own_page_is_let_in(simulator: Simulator, page: aiohttp.ClientSession) -> None:
    """The page's own origin passes, by address and by name."""
    for name in ("127.0.0.1", "localhost"):
        own = f"{name}:{simulator.port}"
        headers = {"Host": own, "Origin": f"http://{own}"}
        async with page.get("/sim/state", headers=headers) as answer:
            assert answer.status == 200
