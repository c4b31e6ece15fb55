"""Buttons, selects and layout: checked as by Discord, with the fields that it adds."""

from collections.abc import Iterator
from itertools import count

from bot.simulator.errors import invalid_form
from bot.simulator.model import Json

ACTION_ROW, BUTTON, STRING_SELECT, TEXT_INPUT, USER_SELECT = 1, 2, 3, 4, 5
ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = 6, 7, 8
SECTION, TEXT_DISPLAY, THUMBNAIL, MEDIA_GALLERY, FILE, SEPARATOR = 9, 10, 11, 12, 13, 14
CONTAINER, LABEL, FILE_UPLOAD = 17, 18, 19
RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 21, 22, 23  # in modals only

SELECTS = (STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT)
LINK_STYLES = (5, 6)  # link and premium buttons carry no custom id
LAYOUT = (SECTION, TEXT_DISPLAY, THUMBNAIL, MEDIA_GALLERY, FILE, SEPARATOR, CONTAINER)

_DEFAULTS: dict[int, Json] = {
    SEPARATOR: {"spacing": 1, "divider": True},
    THUMBNAIL: {"description": None, "spoiler": False},
    FILE: {"name": None, "size": None, "spoiler": False},
    CONTAINER: {"accent_color": None, "spoiler": False},
    **{kind: {"min_values": 1, "max_values": 1} for kind in SELECTS},
}


def walk(components: list[Json]) -> Iterator[Json]:
    """Every component at any depth, in reading order."""
    for component in components:
        yield component
        yield from walk(component.get("components") or [])
        for key in ("accessory", "component"):
            if isinstance(component.get(key), dict):
                yield from walk([component[key]])


def find(components: list[Json], custom_id: str) -> Json | None:
    """The component with this custom id."""
    return next((c for c in walk(components) if c.get("custom_id") == custom_id), None)


def accept(components: list[Json], *, layout: bool) -> list[Json]:
    """Check a message's components and return them as Discord gives them back.

    `layout` says whether the message has the components-v2 flag. Raises `ApiError` 50035.
    """
    every = list(walk(components))
    if layout:
        if len(every) > 40:
            raise _wrong("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 40 in length.")
        if sum(len(str(c.get("content", ""))) for c in every) > 4000:
            raise _wrong("COMPONENT_TEXT_TOO_LONG", "Text must be 4000 or fewer in length.")
    elif any(c["type"] in LAYOUT for c in every):
        message = "Components displayable text or media need the components v2 flag."
        raise _wrong("COMPONENT_LAYOUT_REQUIRES_FLAG", message)
    elif len(components) > 5:
        raise _wrong("BASE_TYPE_BAD_LENGTH", "Must be 5 or fewer in length.")
    _check_custom_ids(every)
    for component in every:
        _check_width(component)
    return completed(components)


def completed(components: list[Json]) -> list[Json]:
    """The components with ids, defaults, and without nulls."""
    taken = {c["id"] for c in walk(components) if c.get("id")}
    numbers = (number for number in count(1) if number not in taken)
    return [_completed(component, numbers) for component in components]


def _check_custom_ids(every: list[Json]) -> None:
    seen: set[str] = set()
    for component in every:
        if component["type"] not in (BUTTON, *SELECTS):
            continue
        custom_id = component.get("custom_id")
        if component["type"] == BUTTON and component.get("style") in LINK_STYLES:
            continue
        if not custom_id or len(custom_id) > 100:
            raise _wrong("BASE_TYPE_BAD_LENGTH", "A custom id has 1 to 100 characters.")
        if custom_id in seen:
            message = "Component custom id cannot be duplicated"
            raise _wrong("COMPONENT_CUSTOM_ID_DUPLICATED", message)
        seen.add(custom_id)


def _check_width(component: Json) -> None:
    if component["type"] == ACTION_ROW:
        inner = component.get("components") or []
        selects = sum(c["type"] in SELECTS for c in inner)
        if not 1 <= len(inner) <= 5 or (selects and len(inner) > 1):
            message = "A row holds one to five buttons or a single select."
            raise _wrong("COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)
    elif component["type"] == BUTTON and len(component.get("label") or "") > 80:
        raise _wrong("BASE_TYPE_MAX_LENGTH", "Must be 80 or fewer in length.")
    elif component["type"] == STRING_SELECT and not (
        1 <= len(component.get("options") or []) <= 25
    ):
        raise _wrong("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length.")


def _completed(component: Json, numbers: Iterator[int]) -> Json:
    """`component` with an id, its defaults, and without the nulls that were sent."""
    given = {key: value for key, value in component.items() if value is not None}
    number = given.get("id") or next(numbers)  # 0 means that Discord chooses the id, as without it
    done: Json = {**_DEFAULTS.get(component["type"], {}), **given, "id": number}
    for key, value in given.items():
        if key in ("components", "items") and isinstance(value, list):
            done[key] = [_inner(item, numbers) for item in value]
        elif key in ("accessory", "component"):
            done[key] = _completed(value, numbers)
        elif key == "emoji":
            done[key] = _without_nulls(value)
        elif key == "default_values":  # Discord takes ids as numbers and gives them as strings
            done[key] = [{**chosen, "id": str(chosen["id"])} for chosen in value]
        elif key == "options":
            done[key] = [_without_nulls(option) for option in value]
    return done


def _inner(item: Json, numbers: Iterator[int]) -> Json:
    if "type" in item:
        return _completed(item, numbers)
    # A media gallery's items are not components: they have neither a type nor an id.
    return {"description": None, "spoiler": False, **_without_nulls(item)}


def _without_nulls(item: Json) -> Json:
    return {key: value for key, value in item.items() if value is not None}


def _wrong(code: str, message: str) -> Exception:
    return invalid_form("components", code, message)
