"""Pictures and files inside embeds and components: `attachment://` becomes a working address."""

import zlib
from collections.abc import Mapping

from bot.simulator.model import Json, JsonValue

SCHEME = "attachment://"


def with_media(items: list[Json], files: Mapping[str, Json]) -> list[Json]:
    """A copy of embeds or components with working addresses for all pictures and files.

    `files` has the message's attachment objects by filename.
    """
    return [_resolved_object(item, files) for item in items]


def named_files(value: JsonValue) -> set[str]:
    """The filenames that `value` refers to with `attachment://`, at any depth."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return set().union(*(named_files(item) for item in value)) if value else set()
    if isinstance(value, str) and value.startswith(SCHEME):
        return {value.removeprefix(SCHEME)}
    return set()


def _resolved(value: JsonValue, files: Mapping[str, Json]) -> JsonValue:
    if isinstance(value, list):
        return [_resolved(item, files) for item in value]
    return _resolved_object(value, files) if isinstance(value, dict) else value


def _resolved_object(value: Json, files: Mapping[str, Json]) -> Json:
    changed: Json = {}
    for key, item in value.items():
        if key in ("media", "file") and isinstance(item, dict):
            changed[key] = _unfurled(item, files)
        elif key in ("image", "thumbnail", "video") and isinstance(item, dict):
            changed[key] = _embedded(item, files)
        elif key == "icon_url" and isinstance(item, str):
            changed[key] = _address(item, files)
        else:
            changed[key] = _resolved(item, files)
    if changed.get("type") == 13:  # a file component repeats its file's name and size
        file = _file(value["file"]["url"], files)
        changed["name"], changed["size"] = file.get("filename"), file.get("size")
    return changed


def _file(url: str, files: Mapping[str, Json]) -> Json:
    return files.get(url.removeprefix(SCHEME), {}) if url.startswith(SCHEME) else {}


def _address(url: str, files: Mapping[str, Json]) -> str:
    return str(_file(url, files).get("url", url))


def _unfurled(item: Json, files: Mapping[str, Json]) -> Json:
    """A component's media: Discord adds an id, the size in pixels and the content type."""
    url = str(item["url"])
    file = _file(url, files)
    media: Json = {
        "id": file.get("id", str(zlib.crc32(url.encode()))),
        "url": file.get("url", url),
        "proxy_url": file.get("proxy_url", url),
        "width": file.get("width"),
        "height": file.get("height"),
        "content_type": file.get("content_type"),
    }
    return {**media, "attachment_id": file["id"]} if file else media


def _embedded(item: Json, files: Mapping[str, Json]) -> Json:
    url = str(item.get("url", ""))
    file = _file(url, files)
    known: Json = {
        key: (file or item)[key]
        for key in ("width", "height", "content_type")
        if key in (file or item)
    }
    # Discord's own copy of a picture that a link leads to
    proxy = file.get("proxy_url") or item.get("proxy_url") or url
    return {"url": file.get("url", url), "proxy_url": proxy, **known}
