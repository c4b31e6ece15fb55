"""A filled-in modal as the bot receives it."""

from collections.abc import Mapping, Sequence

from bot.simulator import components
from bot.simulator.errors import Invalid
from bot.simulator.model import Json


def submitted(modal: Json, fields: Mapping[str, str | Sequence[str]]) -> Json:
    """The `data` of a modal submit; `fields` has texts or chosen values by custom id.

    The values of a file upload are the ids of attachments.

    Raises `Invalid` for an unknown field and for an invalid value.
    """
    known = {c["custom_id"] for c in components.walk(modal["components"]) if "custom_id" in c}
    for name in fields:
        if name not in known:
            raise Invalid(f"This modal has no field {name!r}.")
    filled = [_filled(c, fields, str(c.get("label") or "")) for c in modal["components"]]
    return {"custom_id": modal["custom_id"], "components": filled}


def _filled(component: Json, fields: Mapping[str, str | Sequence[str]], label: str) -> Json:
    kind = component["type"]
    base: Json = {"type": kind, "id": component["id"]}
    if kind == components.ACTION_ROW:
        inner = [_filled(c, fields, str(c.get("label") or "")) for c in component["components"]]
        return {**base, "components": inner}
    if kind == components.LABEL:
        return {**base, "component": _filled(component["component"], fields, label)}
    if kind == components.TEXT_INPUT:
        return {**base, "custom_id": component["custom_id"], "value": _text(component, fields)}
    if kind in components.SELECTS:
        given = fields.get(component["custom_id"], ())
        values = [given] if isinstance(given, str) else list(given)
        _check_number(values, component, label)
        return {**base, "custom_id": component["custom_id"], "values": values}
    if kind == components.FILE_UPLOAD:
        values = list(fields.get(component["custom_id"], ()))
        _check_number(values, component, label)
        return {**base, "custom_id": component["custom_id"], "values": values}
    if kind in (components.RADIO_GROUP, components.CHECKBOX_GROUP, components.CHECKBOX):
        return {**base, "custom_id": component["custom_id"], **_ticked(component, fields)}
    return base


def _check_number(values: Sequence[str], component: Json, label: str) -> None:
    low, high = component.get("min_values", 1), component.get("max_values", 1)
    if not values and not component.get("required", True):
        return
    if not low <= len(values) <= high:
        raise Invalid(f"Choose from {low} to {high} in {label or component['custom_id']!r}.")


def _ticked(component: Json, fields: Mapping[str, str | Sequence[str]]) -> Json:
    """A radio group has one value or null, a checkbox true or false, a checkbox group a list."""
    given = fields.get(component["custom_id"], ())
    values = [given] if isinstance(given, str) else list(given)
    if component["type"] == components.CHECKBOX_GROUP:
        return {"values": values}
    if component["type"] == components.CHECKBOX:
        return {"value": values == ["true"]}
    return {"value": values[0] if values else None}


def _text(component: Json, fields: Mapping[str, str | Sequence[str]]) -> str:
    value = fields.get(component["custom_id"], component.get("value") or "")
    name = component.get("label") or component["custom_id"]
    if not isinstance(value, str):
        raise Invalid(f"{name!r} takes one text.")
    if not value and component.get("required", True) is not False:
        raise Invalid(f"{name!r} is required.")
    low, high = component.get("min_length") or 0, component.get("max_length") or 4000
    if value and not low <= len(value) <= high:
        raise Invalid(f"{name!r} takes {low} to {high} characters.")
    return value
