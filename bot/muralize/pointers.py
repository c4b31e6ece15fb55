"""What a member may write in place of a file: a link, a member, an emoji, a sticker, or "last"."""

import re
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from bot.errors import NothingToPaint
from bot.languages.speech import Phrase, _, pgettext

LAST, ME = "last", "me"  # as choices that Discord offers
STICKER = "sticker:"  # and the id of one

EMOJI = re.compile(r"<a?:(\w{2,32}):(\d{15,20})>")  # a custom one: its name and id
_MEMBER = re.compile(r"<@!?(\d{15,20})>|(\d{15,20})")
_NAME = re.compile(r":?([\w ]{2,32}):?")
_LINK = re.compile(r"<?([a-z]{2,10}://[^\s<>]+)>?", re.IGNORECASE)
_MESSAGE = re.compile(r"/channels/(\d+|@me)/\d+/\d+")


class PointerKind(Enum):
    """What is pointed at."""

    LAST = "the last picture of the channel"
    MEMBER = "a member, by id; without one the member who asks"
    MEMBER_NAME = "a member, by name"
    EMOJI = "an emoji, by id"
    STICKER = "a sticker of the server, by id"
    NAME = "an emoji or sticker of the server, by name"
    LINK = "a link"


@dataclass(frozen=True)
class Pointer:
    """A text that is understood: the id, name or address, and an emoji's name."""

    kind: PointerKind
    value: str = ""
    name: str = ""


def read_pointer(text: str) -> Pointer:
    """Understand a text. Raises NothingToPaint, saying what could be written instead."""
    text = text.strip()
    lower = text.casefold()
    if lower == LAST:
        return Pointer(PointerKind.LAST)
    if lower == ME:
        return Pointer(PointerKind.MEMBER)
    if found := _MEMBER.fullmatch(text):
        return Pointer(PointerKind.MEMBER, found[1] or found[2])
    if found := EMOJI.fullmatch(text):
        return Pointer(PointerKind.EMOJI, found[2], found[1])
    if found := _LINK.fullmatch(text):
        return _link(found[1])
    if lower.startswith(STICKER) and lower.removeprefix(STICKER).isdecimal():
        return Pointer(PointerKind.STICKER, lower.removeprefix(STICKER))
    if text.startswith("@") and len(text) > 1:
        return Pointer(PointerKind.MEMBER_NAME, text[1:].strip())
    if found := _NAME.fullmatch(text):
        return Pointer(PointerKind.NAME, found[1])
    if not any(letter.isalnum() for letter in text):
        raise NothingToPaint(
            _(
                "This emoji is a letter of a font, of which Discord has no picture. A server's own "
                "emoji works, and so does a picture that you upload."
            )
        )
    raise NothingToPaint(
        _(
            "I do not understand what to paint. Write a link to a picture at Discord, @ and a "
            "member, a server's own emoji or sticker, or `last`; or upload a picture."
        )
    )


def _link(address: str) -> Pointer:
    try:
        parts = urlsplit(address)
    except ValueError:
        raise NothingToPaint(_("This is not a link that I can read.")) from None
    if _MESSAGE.search(parts.path):
        raise NothingToPaint(
            _(
                "This is a link to a message. Open the menu of that message and choose *Apps*, "
                "*{menu}*; or give the link of the picture itself.",
                menu=of_messages(),
            )
        )
    if "/stickers/" in parts.path and parts.path.endswith(".json"):
        raise NothingToPaint(moving_drawing())
    return Pointer(PointerKind.LINK, address)


def moving_drawing() -> Phrase:
    """Say of a sticker why it cannot be painted."""
    return _(
        "This sticker is a moving drawing (Lottie), which cannot be painted. "
        "Use a sticker that is a picture, or send a screenshot of it."
    )


def of_messages() -> Phrase:
    """Name the menu of messages that paints one of their pictures."""
    return pgettext("menu", "Muralize this picture")


def of_members() -> Phrase:
    """Name the menu of members that paints their avatar."""
    return pgettext("menu", "Paint their avatar")
