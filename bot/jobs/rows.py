"""Jobs as rows of the database and back."""

from collections.abc import Sequence
from typing import Any

from bot.jobs.model import DeliveryState, Job, JobResult, JobState, Sources
from bot.people import Origin
from engine.request import PaintSettings

# Where each field of the delivery lies; the other fields bear their columns' names.
_DELIVERY_COLUMNS = {
    "nonce": "nonce",
    "card_channel_id": "card_channel_id",
    "card_message_id": "card_message_id",
    "tries": "delivery_tries",
    "route": "delivery_route",
    "tried_at": "delivery_tried_at",
    "channel_id": "delivered_channel_id",
    "message_id": "delivered_message_id",
    "told_at": "told_at",
    "kept": "kept",
}
_OWN_COLUMNS = (
    "id",
    "state",
    "parent_id",
    "predicted_seconds",
    "created_at",
    "started_at",
    "painted_at",
    "finished_at",
    "starts",
    "times_lost",
    "cancelled_by",
    "failure",
    "result_deleted",
    "timelapse",
)


def row_of(job: Job) -> dict[str, Any]:
    """Give the columns of a job."""
    delivery = vars(job.delivery)
    return {
        **{column: getattr(job, column) for column in _OWN_COLUMNS},
        **vars(job.origin),
        **vars(job.sources),
        **{column: delivery[name] for name, column in _DELIVERY_COLUMNS.items()},
        "styles": list(job.sources.styles),
        "sizes": [list(size) for size in job.sources.sizes],
        "surroundings": list(job.sources.surroundings),
        "settings": job.settings.to_dict(),
        "result": job.result and job.result.to_dict(),
    }


def job_of(row: dict[str, Any]) -> Job:
    """Give the job of a row."""
    origin = {name: row[name] for name in Origin.__dataclass_fields__}
    sources = {name: row[name] for name in Sources.__dataclass_fields__}
    sources["styles"] = tuple(row["styles"])
    sources["sizes"] = tuple((width, height) for width, height in row["sizes"])
    sources["surroundings"] = tuple(row["surroundings"])
    own = {column: row[column] for column in _OWN_COLUMNS}
    own["state"] = JobState(row["state"])
    delivery = {name: row[column] for name, column in _DELIVERY_COLUMNS.items()}
    return Job(
        **own,
        origin=Origin(**origin),
        sources=Sources(**sources),
        settings=PaintSettings.from_dict(row["settings"]),
        delivery=DeliveryState(**delivery),
        result=JobResult.from_dict(row["result"]) if row["result"] else None,
    )


def readable(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give all values of jobs as JSON, except the tokens and the nonces."""
    return [job_of(row).readable() for row in rows]
