"""Buttons and menus whose custom ids say all they need, so that they work after a restart."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

import discord

from bot.discord_io import answers
from bot.discord_io.answers import Interaction

AnyItem = discord.ui.Item[discord.ui.View]


@dataclass(frozen=True)
class Press:
    """What a member pressed or chose: the parts of the custom id, and a menu's values."""

    path: tuple[str, ...]
    values: tuple[str, ...] = ()


Handler = Callable[[Interaction, Press], Awaitable[None]]


class Router(Protocol):
    """What a client must have for the components to work."""

    handlers: dict[str, Handler]


class Routed(
    discord.ui.DynamicItem[AnyItem], template=r"(?P<feature>[a-z]{1,20})/(?P<path>[a-z0-9/]{0,79})"
):
    """A component that belongs to one feature: `challenges/12/vote/3` goes to `challenges`."""

    def __init__(self, item: AnyItem, feature: str, path: tuple[str, ...]) -> None:
        super().__init__(item)
        self._feature = feature
        self._path = path

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> "Routed":
        """Make the component again from what a member pressed."""
        return cls(item, match["feature"], tuple(match["path"].split("/")))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the press to its feature; tell the member what goes wrong there."""
        handlers = cast(Router, interaction.client).handlers
        data = cast(dict[str, Any], interaction.data or {})
        press = Press(self._path, tuple(data.get("values") or ()))
        try:
            if self._feature in handlers:
                await handlers[self._feature](interaction, press)
        except Exception as error:  # noqa: BLE001 - discord.py would log it and leave the member waiting
            await answers.tell(interaction, error)


def custom_id(feature: str, *path: object) -> str:
    """Name a component, in Discord's 100 characters."""
    return f"{feature}/{'/'.join(map(str, path))}"


def routed(item: AnyItem) -> Routed:
    """Wrap a component that was given a `custom_id` of ours."""
    feature, *path = str(item.custom_id).split("/")  # type: ignore[attr-defined]  # all have one
    return Routed(item, feature, tuple(path))


def view_of(*items: AnyItem) -> discord.ui.View:
    """Lay components out. No time-out: they are found by their custom ids."""
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(routed(item))
    return view
