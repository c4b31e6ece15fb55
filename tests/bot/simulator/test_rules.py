"""Discord's rules on what may be registered and sent, and how permissions add up."""

import re
from pathlib import Path

import pytest

import bot.simulator
from bot.simulator import Clock, components
from bot.simulator.bus import Bus
from bot.simulator.commands import Commands
from bot.simulator.drafts import check_files, checked_content, checked_embeds
from bot.simulator.errors import ApiError, Invalid
from bot.simulator.modals import submitted
from bot.simulator.model import Json
from bot.simulator.permissions import ALL, EVERYONE, Permission
from bot.simulator.world import World


def button(custom_id: str | None, **more: object) -> Json:
    """A button."""
    return {"type": 2, "style": 1, "label": "x", "custom_id": custom_id, **more}


def row(*inner: Json) -> Json:
    """An action row."""
    return {"type": 1, "components": list(inner)}


SELECT: Json = {"type": 3, "custom_id": "s", "options": [{"label": "a", "value": "a"}]}


@pytest.mark.parametrize(
    "given",
    [
        [row(button("a")) for _ in range(2)],
        [row(button("x" * 101))],
        [row(button(None))],
        [row(button("a", label="x" * 81))],
        [row(*(button(str(n)) for n in range(6)))],
        [row(button("a"), SELECT)],
        [row({**SELECT, "options": []})],
        [row()],
        [row(button(str(n))) for n in range(6)],
        [{"type": 10, "content": "text"}],
    ],
)
def test_components_that_are_refused(given: list[Json]) -> None:
    """Duplicate, long or missing ids, overfull rows, and layout without its flag meet 50035."""
    with pytest.raises(ApiError) as caught:
        components.accept(given, layout=False)
    assert caught.value.code == 50035


@pytest.mark.parametrize(
    "given",
    [[{"type": 10, "content": "x" * 4001}], [{"type": 10, "content": "x"} for _ in range(41)]],
)
def test_layouts_that_are_refused(given: list[Json]) -> None:
    """A layout has at most 40 components and 4000 characters."""
    with pytest.raises(ApiError):
        components.accept(given, layout=True)


def test_components_are_completed() -> None:
    """Ids are given in reading order around those that were chosen, and nulls are left out."""
    given = [row(button("a", id=2, emoji=None), button("b")), row(SELECT)]
    first, second = components.accept(given, layout=False)
    assert [first["id"], *(c["id"] for c in first["components"])] == [1, 2, 3]
    assert "emoji" not in first["components"][0]
    assert second["components"][0]["min_values"] == 1


@pytest.mark.parametrize(
    "definition",
    [
        {"name": "Upper", "description": "x"},
        {"name": "two words", "description": "x"},
        {"name": "x" * 33, "description": "x"},
        {"name": "a", "description": ""},
        {"name": "a", "description": "x" * 101},
        {"name": "Menu", "type": 3, "description": "x"},
        {"name": "", "type": 2},
        {
            "name": "a",
            "description": "x",
            "options": [
                {"type": 3, "name": "b", "description": "x"},
                {"type": 3, "name": "c", "description": "x", "required": True},
            ],
        },
        {
            "name": "a",
            "description": "x",
            "options": [{"type": 3, "name": "b", "description": "x"}] * 2,
        },
        {
            "name": "a",
            "description": "x",
            "options": [
                {
                    "type": 3,
                    "name": "b",
                    "description": "x",
                    "autocomplete": True,
                    "choices": [{"name": "c", "value": "c"}],
                }
            ],
        },
    ],
)
def test_commands_that_are_refused(definition: Json) -> None:
    """Bad names, lengths, orders and doubles in a definition meet 50035, and nothing is kept."""
    commands = Commands(World(Clock(), Bus()))
    with pytest.raises(ApiError) as caught:
        commands.replace_all(None, [definition])
    assert caught.value.code == 50035
    assert commands.listed(None) == []


def test_too_many_commands() -> None:
    """An application has at most 100 slash commands and 15 menu commands of a kind."""
    commands = Commands(World(Clock(), Bus()))
    slash: list[Json] = [{"name": f"c{n}", "description": "x"} for n in range(101)]
    menus: list[Json] = [{"name": f"m{n}", "type": 3} for n in range(16)]
    commands.replace_all(None, slash[:100] + menus[:15])
    for too_many in (slash, menus):
        with pytest.raises(ApiError):
            commands.replace_all(None, too_many)


@pytest.mark.parametrize(
    "payload",
    [
        {"embeds": [{"title": "x" * 257}]},
        {"embeds": [{"description": "x" * 4097}]},
        {"embeds": [{"description": "x" * 3001}] * 2},
        {"embeds": [{"title": "x"}] * 11},
        {"content": "x" * 2001},
    ],
)
def test_texts_that_are_refused(payload: Json) -> None:
    """Texts over Discord's lengths meet 50035."""
    check = checked_content if "content" in payload else checked_embeds
    with pytest.raises(ApiError) as caught:
        check(payload)
    assert caught.value.code == 50035


def test_files_that_are_not_there() -> None:
    """An embed that names a file which was not sent is refused."""
    embeds = [{"image": {"url": "attachment://a.png"}}]
    check_files({"a.png"}, embeds)
    with pytest.raises(ApiError):
        check_files({"b.png"}, embeds)


MODAL: Json = {
    "custom_id": "m",
    "title": "Modal",
    "components": components.completed(
        [
            {"type": 18, "label": "Text", "component": {"type": 4, "custom_id": "t", "style": 1}},
            {"type": 18, "label": "Menu", "component": SELECT},
            {"type": 18, "label": "Radio", "component": {"type": 21, "custom_id": "r"}},
            {"type": 18, "label": "Box", "component": {"type": 23, "custom_id": "b"}},
            {"type": 10, "content": "Just words"},
        ]
    ),
}


def test_modals_are_filled_in() -> None:
    """Every kind of field comes back in the shape Discord gives it."""
    data = submitted(MODAL, {"t": "text", "s": "a", "r": "one", "b": "true"})
    text, menu, radio, box, words = data["components"]
    assert text["component"]["value"] == "text"
    assert menu["component"]["values"] == ["a"]
    assert radio["component"]["value"] == "one"
    assert box["component"]["value"] is True
    assert words["type"] == 10


@pytest.mark.parametrize("fields", [{}, {"t": "x" * 4001, "s": "a"}, {"t": "x"}, {"z": "1"}])
def test_modals_that_are_not_filled_in(fields: dict[str, str]) -> None:
    """A missing, overlong or unknown field is refused with a sentence."""
    with pytest.raises(Invalid):
        submitted(MODAL, fields)


def test_permissions_add_up() -> None:
    """Roles add; a channel's overwrites for everyone, roles and the member follow in that order."""
    world = World(Clock(), Bus())
    owner, ada, zoe = (world.add_user(name) for name in ("owner", "ada", "zoe"))
    guild = world.add_guild("Guild", owner)
    channel = world.add_channel(guild, "wall")
    everyone, staff = guild.roles[guild.id], world.add_role(guild, "Staff", 1 << 13)
    world.join(guild, ada, [staff])
    assert world.permissions(ada, channel) == EVERYONE | Permission.MANAGE_MESSAGES
    world.overwrite(channel, everyone, deny=Permission.SEND_MESSAGES)
    assert not world.permissions(ada, channel) & Permission.SEND_MESSAGES
    world.overwrite(channel, staff, allow=Permission.SEND_MESSAGES)
    assert world.permissions(ada, channel) & Permission.SEND_MESSAGES
    world.overwrite(channel, ada, deny=Permission.VIEW_CHANNEL)
    assert world.permissions(ada, channel) == 0
    assert world.permissions(owner, channel) == ALL
    assert world.permissions(zoe, channel) == 0


def test_administrators_may_do_everything() -> None:
    """The administrator bit opens channels that are closed to everyone."""
    world = World(Clock(), Bus())
    guild = world.add_guild("Guild", world.add_user("owner"))
    channel = world.add_channel(guild, "wall")
    world.overwrite(channel, guild.roles[guild.id], deny=Permission.VIEW_CHANNEL)
    admin = world.add_user("admin")
    world.join(guild, admin, [world.add_role(guild, "Admin", Permission.ADMINISTRATOR)])
    assert world.permissions(admin, channel) == ALL


def test_snowflakes_increase() -> None:
    """Ids made within one millisecond still differ and are in order."""
    world = World(Clock(), Bus())
    made = [world.snowflake() for _ in range(1000)]
    assert made == sorted(set(made))


def test_the_simulator_stands_alone() -> None:
    """The simulator imports nothing of ours: what it knows of Discord it must not learn from us."""
    folder = Path(bot.simulator.__file__).parent
    imported = {
        name
        for file in folder.rglob("*.py")
        for name in re.findall(
            r"^\s*(?:from|import) ((?:bot|engine)\b[\w.]*)", file.read_text(), re.M
        )
    }
    assert {name for name in imported if not name.startswith("bot.simulator")} == set()
