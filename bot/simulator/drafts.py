"""A message body from the API, validated before it is used."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.simulator import components
from bot.simulator.cdn import Upload
from bot.simulator.errors import ApiError, invalid_form
from bot.simulator.media import named_files
from bot.simulator.model import Json, MessageFlag, User

CONTENT_LIMIT = 2000
EMBED_TOTAL = 6000

_MENTION = re.compile(r"<@(!?|&)(\d+)>")


@dataclass(frozen=True)
class Body:
    """The body of a request: the JSON object (or `payload_json`) and the files by number.

    `items` is the JSON of the few requests that send a list.
    """

    payload: Json
    files: dict[int, Upload]
    items: list[Json] = field(default_factory=list)


@dataclass(frozen=True)
class Mentions:
    """The users and roles that a message notifies."""

    users: list[User]
    roles: list[int]
    everyone: bool


def checked_content(payload: Json) -> str:
    """The text; raises `ApiError` 50035 when it is too long."""
    content = payload.get("content") or ""
    if len(content) > CONTENT_LIMIT:
        raise invalid_form("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")
    return str(content)


def checked_embeds(payload: Json) -> list[Json]:
    """The embeds with the type Discord gives them; raises `ApiError` 50035 for too much text."""
    embeds = payload.get("embeds") or []
    if len(embeds) > 10:
        raise invalid_form("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    if sum(map(_text_length, embeds)) > EMBED_TOTAL:
        message = "Embed size exceeds maximum size of 6000"
        raise invalid_form("embeds", "MAX_EMBED_SIZE_EXCEEDED", message)
    for number, embed in enumerate(embeds):
        for key, limit in (("title", 256), ("description", 4096)):
            if len(embed.get(key) or "") > limit:
                message = f"Must be {limit} or fewer in length."
                raise invalid_form(f"embeds.{number}.{key}", "BASE_TYPE_MAX_LENGTH", message)
    return [_completed_embed(embed) for embed in embeds]


def _completed_embed(embed: Json) -> Json:
    given = {key: value for key, value in embed.items() if value is not None}
    done: Json = {**given, "type": "rich"}
    if "fields" in done:
        done["fields"] = [{"inline": False, **entry} for entry in done["fields"]]
    return done


def _text_length(embed: Json) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for entry in embed.get("fields") or []:
        texts += [entry.get("name"), entry.get("value")]
    return sum(len(text or "") for text in texts)


def checked_components(payload: Json, flags: int) -> list[Json]:
    """The components with the fields that Discord adds; raises `ApiError` 50035."""
    given = payload.get("components") or []
    layout = bool(flags & MessageFlag.COMPONENTS_V2)
    if layout and (payload.get("content") or payload.get("embeds")):
        message = "Content and embeds cannot be used with the components v2 flag."
        raise invalid_form(
            "content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message
        )
    return components.accept(given, layout=layout)


def check_files(filenames: set[str], *shown: list[Json]) -> None:
    """Raise `ApiError` 50035 when an embed or component names a missing file."""
    missing = named_files(list(shown)) - filenames
    if missing:
        message = f"Referenced attachment(s) {', '.join(sorted(missing))} not found"
        raise invalid_form("attachments", "UNFURLED_MEDIA_ITEM_REFERENCED_FILE_NOT_FOUND", message)


def uploads(body: Body) -> list[Upload]:
    """The files in order, with the name and description that `attachments` gives them."""
    stated = {str(a.get("id")): a for a in body.payload.get("attachments") or []}
    named = []
    for number, file in sorted(body.files.items()):
        entry = stated.get(str(number), {})
        name = entry.get("filename") or file.filename
        named.append(Upload(name, file.content, file.content_type, entry.get("description")))
    if len(named) > 10:
        raise invalid_form("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    return named


def kept_ids(body: Body) -> set[int] | None:
    """On an edit, the ids of the attachments to keep; None when the body does not name any."""
    attachments = body.payload.get("attachments")
    if attachments is None:
        return None if "attachments" not in body.payload else set()
    # A small number is the index of a file in this very request, a large one an attachment's id.
    return {int(a["id"]) for a in attachments if int(a["id"]) not in body.files}


def pinged(
    known: Mapping[int, User], text: str, allowed: Json | None, replied: User | None
) -> Mentions:
    """The users and roles that `text` mentions and `allowed_mentions` allows."""
    everyone = "@everyone" in text or "@here" in text
    found = [(kind, int(number)) for kind, number in _MENTION.findall(text)]
    users = [number for kind, number in found if kind != "&"]
    roles = [number for kind, number in found if kind == "&"]
    if allowed is not None:
        parse = allowed.get("parse") or []
        everyone = everyone and "everyone" in parse
        users = [u for u in users if "users" in parse or u in _ids(allowed.get("users"))]
        roles = [r for r in roles if "roles" in parse or r in _ids(allowed.get("roles"))]
    if replied is not None and (allowed is None or allowed.get("replied_user")):
        users.append(replied.id)
    found_users = [known[user] for user in dict.fromkeys(users) if user in known]
    return Mentions(found_users, list(dict.fromkeys(roles)), everyone)


def _ids(values: list[str] | None) -> set[int]:
    return {int(value) for value in values or []}


def bad_reference() -> ApiError:
    """The error for a reply to a deleted message."""
    return invalid_form("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
