"""The request that an endpoint receives and the reply that it returns."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.simulator.drafts import Body
from bot.simulator.errors import invalid_form
from bot.simulator.model import Json
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
        if not text.isdecimal():
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
