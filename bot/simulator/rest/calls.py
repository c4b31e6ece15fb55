"""The request that an endpoint receives, the reply that it returns, and checks of channels."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.simulator.drafts import Body
from bot.simulator.errors import invalid_form, missing_access, missing_permissions, unknown
from bot.simulator.model import Channel, Json
from bot.simulator.permissions import Permission
from bot.simulator.platform import Platform


@dataclass(frozen=True)
class Call:
    """A request: the parameters in its path, its query and its body."""

    platform: Platform
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Body

    @property
    def payload(self) -> Json:
        """The JSON of the body."""
        return self.body.payload

    def id(self, name: str) -> int:
        """The snowflake `name` of the path; raises `ApiError` 50035 when it is not a snowflake."""
        text = self.params[name]
        if not text.isdecimal() or int(text) >= 2**64:
            message = f'Value "{text}" is not snowflake.'
            raise invalid_form(name, "NUMBER_TYPE_COERCE", message)
        return int(text)


@dataclass(frozen=True)
class Reply:
    """A status and a JSON body; None sends none."""

    status: int = 200
    body: Any = None


NO_CONTENT = Reply(204)

Endpoint = Callable[[Call], Awaitable[Reply]]


def visible_channel(call: Call) -> Channel:
    """The channel of the path; raises `ApiError` 10003, or 50001 when the bot cannot see it."""
    world = call.platform.world
    found = world.channel(call.id("channel_id"))
    if found is None:
        raise unknown(10003, "Channel")
    if not world.sees(world.bot, found):
        raise missing_access()
    return found


def need(platform: Platform, place: Channel, permission: Permission) -> None:
    """Raise `ApiError` 50013 when the bot lacks `permission` in the guild's channel `place`."""
    world = platform.world
    held = world.permissions(world.bot, place)
    if not place.type.direct and not held & permission:
        raise missing_permissions()
