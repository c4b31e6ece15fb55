"""Reading a request's body: JSON, or multipart with `payload_json` and `files[n]`."""

import json
import re

from aiohttp import BodyPartReader, web

from bot.simulator.cdn import Upload
from bot.simulator.drafts import Body
from bot.simulator.errors import ApiError
from bot.simulator.model import Json, JsonValue

_FILE_FIELD = re.compile(r"^files\[(\d+)\]$")


async def read(request: web.Request) -> Body:
    """The body of `request`; raises `ApiError` 50109 when it is not a JSON object or list."""
    if not request.body_exists:
        return Body({}, {})
    if request.content_type == "multipart/form-data":
        return await _multipart(request)
    value = _json(await request.read())
    if isinstance(value, list):
        return Body({}, {}, value)
    return Body(_object(value), {})


async def _multipart(request: web.Request) -> Body:
    payload: Json = {}
    files: dict[int, Upload] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        content = bytes(await part.read(decode=True))
        match = _FILE_FIELD.match(part.name or "")
        if match is not None:
            stated = part.headers.get("Content-Type")
            files[int(match[1])] = Upload(part.filename or "file", content, stated)
        elif part.name == "payload_json":
            payload = _object(_json(content))
    return Body(payload, files)


def _object(value: JsonValue) -> Json:
    if not isinstance(value, dict):
        raise _no_json()
    return value


def _json(content: bytes) -> JsonValue:
    try:
        value: JsonValue = json.loads(content) if content else {}
        return value
    except ValueError:
        raise _no_json() from None


def _no_json() -> ApiError:
    return ApiError(400, 50109, "The request body contains invalid JSON.")
