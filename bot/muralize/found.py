"""Finds the pictures of a message: attached, forwarded, linked, in components, stickers, emojis.

Only pictures on the hosts that files are fetched from count, which are Discord's own. Of a linked
picture from elsewhere, at most Discord's copy is on one of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import discord

from bot.discord_io.limits import MOST_OPTIONS
from bot.discord_io.uploads import emoji_of, sticker_of, title_of
from bot.errors import NothingToPaint
from bot.languages.speech import _
from bot.muralize.pointers import EMOJI, moving_drawing
from bot.pictures.model import UploadedFile
from bot.pictures.not_pictures import is_wanted, kind_by_name, not_a_picture
from bot.texts import clean

LONGEST_NAME = 60  # characters
DRAWN = (  # formats of stickers that are pictures; Lottie is a drawing program
    discord.StickerFormatType.png,
    discord.StickerFormatType.apng,
    discord.StickerFormatType.gif,
)

Part = discord.Message | discord.MessageSnapshot  # a message, or the copy of one that was forwarded
MayFetch = Callable[[str], bool]


@dataclass(frozen=True)
class FoundPicture:
    """A picture of a message."""

    name: str  # for people
    file: UploadedFile


def pictures_to_paint(
    message: discord.Message, called: str, may_fetch: MayFetch, *, films: bool = False
) -> list[FoundPicture]:
    """List the pictures of a message, with `films` videos too.

    Raises NothingToPaint, saying what is there instead.
    """
    found = pictures_in(message, called, may_fetch, films=films)
    if not found:
        raise NothingToPaint(_instead(message))
    return found


def pictures_in(
    message: discord.Message,
    called: str,
    may_fetch: MayFetch,
    *,
    emojis: bool = True,
    films: bool = False,
) -> list[FoundPicture]:
    """List the pictures of a message; error messages call each `called`.

    The emojis of its text count where it has no other picture.
    """
    found: dict[str, FoundPicture] = {}
    for part in _parts(message):
        for medium in _media(part, films=films):
            url = next((one for one in medium.addresses if one and may_fetch(one)), None)
            if url is not None:
                file = UploadedFile(
                    called,
                    url,
                    medium.size,
                    medium.spoiler,
                    file_name(url),
                    medium.content_type,
                    medium.title or title_of(medium.name),
                )
                # attached, embedded and in a component it is one picture; the rest is a signature
                found.setdefault(urlsplit(url).path, FoundPicture(_readable(medium.name), file))
    if not found and emojis:
        found = {one.file.url: one for one in _emojis(message, called) if may_fetch(one.file.url)}
    return list(found.values())[:MOST_OPTIONS]


@dataclass(frozen=True)
class _Medium:
    """What may be a picture; of its addresses the first that may be fetched is taken."""

    name: str
    addresses: tuple[str | None, ...]
    size: int = 0  # bytes; 0 where Discord does not say
    content_type: str = ""
    spoiler: bool = False
    title: str = ""  # cleaned; where the name is not one


def _parts(message: discord.Message) -> tuple[Part, ...]:
    return (message, *message.message_snapshots)


def _emojis(message: discord.Message, called: str) -> Iterator[FoundPicture]:
    for part in _parts(message):
        for name, number in EMOJI.findall(part.content):
            yield FoundPicture(_("emoji {name}", name=name), emoji_of(called, int(number), name))


def _media(part: Part, *, films: bool) -> Iterator[_Medium]:
    for attachment in part.attachments:
        kind = attachment.content_type or ""
        if is_wanted(attachment.filename, kind, films=films):
            yield _Medium(
                attachment.filename,
                (attachment.url,),
                attachment.size,
                kind,
                attachment.is_spoiler(),
                title_of(attachment.description or attachment.title or attachment.filename),
            )
    for component in part.components:
        yield from _of_component(component, films=films)
    for embed in part.embeds:
        for picture in (embed.image, embed.thumbnail):
            name = embed.title or file_name(picture.url or "")
            yield _Medium(name, (picture.url, picture.proxy_url))
    for sticker in part.stickers:
        if sticker.format in DRAWN:
            name = _("sticker {name}", name=sticker.name)
            yield _Medium(name, (sticker_of("", sticker).url,))


def _of_component(
    component: discord.Component, *, films: bool, spoiler: bool = False
) -> Iterator[_Medium]:
    """List the media of a component and of those inside it; `spoiler` where it is in one."""
    media: list[tuple[discord.UnfurledMediaItem, bool]] = []
    if isinstance(component, discord.MediaGalleryComponent):
        media = [(item.media, item.spoiler) for item in component.items]
    elif isinstance(component, discord.ThumbnailComponent | discord.FileComponent):
        media = [(component.media, component.spoiler)]
    elif isinstance(component, discord.SectionComponent):
        yield from _of_component(component.accessory, films=films, spoiler=spoiler)
    elif isinstance(component, discord.Container):
        for child in component.children:
            yield from _of_component(child, films=films, spoiler=spoiler or component.spoiler)
    for item, hidden in media:
        name, kind = file_name(item.url), item.content_type or ""
        if is_wanted(name, kind, films=films):
            yield _Medium(name, (item.url, item.proxy_url), 0, kind, hidden or spoiler)


def _instead(message: discord.Message) -> str:
    """Say what a message has in the place of a picture."""
    for part in _parts(message):
        for attachment in part.attachments:
            kind = kind_by_name(attachment.filename, attachment.content_type or "")
            if kind is not None:
                return not_a_picture(f"*{_readable(attachment.filename)}*", kind)
        if any(sticker.format not in DRAWN for sticker in part.stickers):
            return moving_drawing()
        if any(embed.image.url or embed.thumbnail.url for embed in part.embeds):
            return _(
                "The picture in this link is not stored at Discord, and I fetch nothing from "
                "elsewhere. Save it and upload the file."
            )
    return _("There is no picture in this message.")


def file_name(url: str) -> str:
    """Give the file name at the end of an address."""
    return unquote(PurePosixPath(urlsplit(url).path).name)


def _readable(name: str) -> str:
    return clean(name)[:LONGEST_NAME] or _("a picture")
