"""Buttons and menus that work after a restart, because their custom ids say all they need."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

import discord

from bot.errors import OutdatedMessage
from bot.languages.speech import is_decorated

AnyItem = discord.ui.Item[discord.ui.View]
Interaction = discord.Interaction[discord.Client]
T = TypeVar("T")

_TEMPLATE = r"(?P<feature>[a-z]{1,20})[/:](?P<path>[a-z0-9/:]{0,79})"


@dataclass(frozen=True)
class Press:
    """A press of a button or a choice from a menu: the parts of the custom id, a menu's values."""

    path: tuple[str, ...]
    values: tuple[str, ...] = ()


Handler = Callable[[Interaction, Press], Awaitable[None]]


class Router(Protocol):
    """A client that has the handlers of components, and checks that members may use them."""

    handlers: dict[str, Handler]

    def take_up(self, interaction: Interaction) -> None:
        """Speak the member's language for the rest of this task, and keep track of the task."""

    async def admit(self, interaction: Interaction, name: str) -> None:
        """Raise Refused where a member may not use the components of a feature."""

    async def tell(self, interaction: Interaction, error: Exception) -> None:
        """Tell the member about an error of a handler."""


class RoutedComponent(discord.ui.DynamicItem[AnyItem], template=_TEMPLATE):
    """A component that belongs to one feature: `challenges/12/vote/3` goes to `challenges`.

    The buttons of jobs have colons: `job:12:again` goes to `job`.
    """

    def __init__(self, item: AnyItem, feature: str, path: tuple[str, ...]) -> None:
        super().__init__(item)
        self._feature = feature
        self._path = path

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> "RoutedComponent":
        """Make the component again when a member presses it."""
        return cls(item, match["feature"], _parts(match["path"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Call the handler of the feature; tell the member about its errors."""
        router = cast(Router, interaction.client)
        router.take_up(interaction)
        data = cast(dict[str, Any], interaction.data or {})
        press = Press(self._path, tuple(data.get("values") or ()))
        try:
            handler = look_up(router.handlers, self._feature)
            await router.admit(interaction, self._feature)
            await handler(interaction, press)
        except Exception as error:  # noqa: BLE001 - discord.py would log it and leave the member waiting
            await router.tell(interaction, error)


def look_up(table: Mapping[str, T], part: str) -> T:
    """Give what a table has for a part of a custom id. Raises OutdatedMessage where it has none."""
    if part not in table:
        raise OutdatedMessage
    return table[part]


def custom_id(feature: str, *path: object) -> str:
    """Make the custom id of a component, at most Discord's 100 characters."""
    return f"{feature}/{'/'.join(map(str, path))}"


def page_buttons(
    make_id: Callable[[int, bool], str], page: int, pages: int, *, row: int | None = None
) -> list[AnyItem]:
    """Make the buttons that turn pages, of which `page` is shown; none for a single page.

    `make_id` gives the custom id that shows a page, and is told whether it is the next one.
    """
    if pages <= 1:
        return []
    return [
        discord.ui.Button(
            emoji="▶️" if is_next else "◀️",
            custom_id=make_id(max(0, number), is_next),
            disabled=not 0 <= number < pages,
            row=row,
        )
        for number, is_next in ((page - 1, False), (page + 1, True))
    ]


def view_of(*items: AnyItem) -> discord.ui.View:
    """Lay components out, each with a `custom_id` as above, five buttons in a row.

    The view has no time-out: Discord's events are matched by custom id alone. Where a server wants
    few emoji, buttons with a label have none.
    """
    view = discord.ui.View(timeout=None)
    for item in items:
        if not is_decorated() and isinstance(item, discord.ui.Button) and item.label:
            item.emoji = None
        feature, *path = _parts(str(item.custom_id))  # type: ignore[attr-defined]  # all have one
        view.add_item(RoutedComponent(item, feature, tuple(path)))
    return view


def _parts(path: str) -> tuple[str, ...]:
    return tuple(re.split("[/:]", path))
