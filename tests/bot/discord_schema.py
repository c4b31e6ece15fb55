"""What went over the wire, held against Discord's own API description (OpenAPI, version 10)."""

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from bot.simulator.record import RestCall

DESCRIPTION = Path(__file__).parents[3] / "shared" / "discord" / "openapi.json"

_NAME = "urn:discord"  # what the description is called among the validators


def schema_errors(calls: Iterable[RestCall]) -> list[str]:
    """One line for each request or answer that Discord's description does not allow.

    Empty where the description is not there. Answers that a fault made up are left out: Discord
    describes neither its 5xx nor what stands in front of it.
    """
    if not DESCRIPTION.exists():
        return []
    found = []
    for call in calls:
        at = f"{call.method} {call.path}"
        operation = _description()["paths"].get(call.route, {}).get(call.method.lower())
        if operation is None:
            found.append(f"{at}: Discord has no such route")
            continue
        found += [f"{at} request: {fault}" for fault in _request_faults(call, operation)]
        if not call.by_fault:
            found += [f"{at} answer {call.status}: {f}" for f in _answer_faults(call, operation)]
    return found


def _request_faults(call: RestCall, operation: dict[str, Any]) -> list[str]:
    if "requestBody" not in operation or call.body is None:
        return []
    # A multipart body's payload_json is the same object as the JSON body would be.
    pointer = [*_operation(call), "requestBody", "content", "application/json", "schema"]
    return _faults("request", tuple(pointer), call.body)


def _answer_faults(call: RestCall, operation: dict[str, Any]) -> list[str]:
    responses = operation["responses"]
    key = next((k for k in (str(call.status), f"{call.status // 100}XX") if k in responses), None)
    if key is None:
        return ["Discord describes no such status"]
    pointer = [*_operation(call), "responses", key]
    if "$ref" in responses[key]:
        pointer = responses[key]["$ref"].removeprefix("#/").split("/")
    response = _at(pointer)
    if "content" not in response:
        return [] if call.answer is None else ["Discord sends no body here"]
    return _faults("answer", (*pointer, "content", "application/json", "schema"), call.answer)


def _operation(call: RestCall) -> list[str]:
    return ["paths", call.route, call.method.lower()]


# What was found for a body, by the body with its ids made equal: a bot sends the same few shapes,
# its whole list of commands above all, again and again.
_known: dict[tuple[str, tuple[str, ...], str], list[str]] = {}


def _faults(side: str, pointer: tuple[str, ...], value: object) -> list[str]:
    key = (side, pointer, re.sub(r"\d{15,}", "1", json.dumps(value)))
    if key not in _known:
        error = best_match(_validator(side, pointer).iter_errors(value))
        _known[key] = [f"{error.json_path}: {error.message[:300]}"] if error is not None else []
    return _known[key]


@cache
def _description() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DESCRIPTION.read_text())
    return document


@cache
def _registry(side: str) -> Registry[Any]:
    document = dict(_description())
    schemas = dict(document["components"]["schemas"])
    if side == "request":
        # In requests Discord takes a number for a snowflake as well; discord.py numbers the files
        # of a message that way.
        schemas["SnowflakeType"] = {"type": ["string", "integer"]}
    else:
        # The codes of a form's faults are words, as Discord's reference has them
        # (BASE_TYPE_REQUIRED); its description repeats the schema of the numeric outer code.
        schemas["InnerErrors"] = {"type": "object", "required": ["_errors"]}
    document["components"] = {**document["components"], "schemas": schemas}
    registry: Registry[Any] = Registry()
    registry = registry.with_resource(_NAME, DRAFT202012.create_resource(document))
    return registry


@cache
def _validator(side: str, pointer: tuple[str, ...]) -> Draft202012Validator:
    escaped = "/".join(part.replace("~", "~0").replace("/", "~1") for part in pointer)
    quoted = escaped.replace("{", "%7B").replace("}", "%7D")
    return Draft202012Validator({"$ref": f"{_NAME}#/{quoted}"}, registry=_registry(side))


def _at(pointer: list[str]) -> dict[str, Any]:
    place: dict[str, Any] = _description()
    for part in pointer:
        place = place[part]
    return place
