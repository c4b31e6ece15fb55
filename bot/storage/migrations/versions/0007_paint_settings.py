"""Settings and outcomes of paintings as one value each, and masks."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BATCH = 500  # rows in memory at a time; a result holds a curve of up to 1,000 points

_OLD = {
    "preset": sa.Text,
    "size": sa.Integer,
    "steps": sa.Integer,
    "strength": sa.Double,
    "keep_colors": sa.Boolean,
    "seed": sa.BigInteger,
}
_DEFAULTS = {"preset": "'mural'", "strength": "1.0", "keep_colors": "false", "seed": "0"}
_PLAIN = ("width", "height", "steps", "seconds", "weights", "device", "precision")

_jobs = sa.table(
    "jobs",
    sa.column("id", sa.Integer),
    sa.column("styles", sa.JSON),
    sa.column("settings", sa.JSON),
    sa.column("result", sa.JSON(none_as_null=True)),
    *(sa.column(name, kind) for name, kind in _OLD.items()),
)
_requests = sa.table(
    "requests", sa.column("interaction_id", sa.BigInteger), sa.column("request", sa.JSON)
)
_guilds = sa.table(
    "guild_settings", sa.column("guild_id", sa.BigInteger), sa.column("settings", sa.JSON)
)


def upgrade() -> None:
    """Move each job's options into one column, and what is known of its outcome into one object."""
    op.add_column("jobs", sa.Column("mask", sa.String(64)))
    op.add_column("jobs", sa.Column("settings", sa.JSON, nullable=False, server_default="{}"))
    _convert_jobs(_new_job)
    for name in _OLD:
        op.drop_column("jobs", name)
    _convert_requests(_new_request)


def downgrade() -> None:
    """Give each option its column again. Brushes and masks are lost."""
    for name, kind in _OLD.items():
        default = _DEFAULTS.get(name)
        column: sa.Column[Any] = sa.Column(
            name, kind, nullable=default is None, server_default=default and sa.text(default)
        )
        op.add_column("jobs", column)
    _convert_jobs(_old_job)
    op.drop_column("jobs", "settings")
    op.drop_column("jobs", "mask")
    _convert_requests(_old_request)


def _convert_jobs(convert: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
    connection = op.get_bind()
    last = 0
    while True:
        query = sa.select(_jobs).where(_jobs.c.id > last).order_by(_jobs.c.id).limit(BATCH)
        rows = connection.execute(query).mappings().all()
        if not rows:
            return
        for row in rows:
            change = sa.update(_jobs).where(_jobs.c.id == row["id"]).values(convert(dict(row)))
            connection.execute(change)
        last = rows[-1]["id"]


def _new_job(row: Mapping[str, Any]) -> dict[str, Any]:
    settings = {name: row[name] for name in _OLD}
    settings["style_weights"] = [1.0] * len(row["styles"])
    result = row["result"]
    if result is not None:
        losses = {"total": "loss", "content": "content_loss", "style": "style_loss"}
        outcome = {
            **{name: result[name] for name in _PLAIN},
            "preset": row["preset"],
            "seed": row["seed"],
            "losses": {name: result[old] for name, old in losses.items()},
            "curve": result.get("curve", []),
            "scale_starts": result.get("scale_starts", []),
        }
        result = {
            "picture": result["picture"],
            "timelapse": result.get("timelapse"),
            "outcome": outcome,
        }
    return {"settings": settings, "result": result}


def _old_job(row: Mapping[str, Any]) -> dict[str, Any]:
    changes = {name: row["settings"][name] for name in _OLD if name in row["settings"]}
    result = row["result"]
    if result is not None:
        outcome = result["outcome"]
        losses = outcome["losses"]
        result = {
            **{name: outcome[name] for name in (*_PLAIN, "curve", "scale_starts")},
            "loss": losses["total"],
            "content_loss": losses["content"],
            "style_loss": losses["style"],
            "picture": result["picture"],
            "timelapse": result["timelapse"],
        }
    return {**changes, "result": result}


def _convert_requests(convert: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    connection = op.get_bind()
    for interaction_id, request in connection.execute(sa.select(_requests)).all():
        if "change" in request:  # it was asked for by a button, and has no options
            continue
        same = _requests.c.interaction_id == interaction_id
        connection.execute(sa.update(_requests).where(same).values(request=convert(request)))


def _new_request(request: dict[str, Any]) -> dict[str, Any]:
    settings = request.pop("options")
    if settings["preset"] is None:
        settings["preset"] = _usual_preset(request["origin"]["guild_id"])
    return {**request, "settings": settings, "mask": None}


def _old_request(request: dict[str, Any]) -> dict[str, Any]:
    settings = request.pop("settings")
    del request["mask"]
    options = {name: settings[name] for name in ("preset", "size", "strength", "keep_colors")}
    return {**request, "options": options}


def _usual_preset(guild_id: int) -> str:
    query = sa.select(_guilds.c.settings).where(_guilds.c.guild_id == guild_id)
    settings: dict[str, Any] = op.get_bind().execute(query).scalar() or {}
    return settings.get("default_preset") or "mural"
