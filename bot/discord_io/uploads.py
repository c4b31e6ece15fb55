"""Describes an attachment of Discord's as an upload to take in."""

from pathlib import PurePath

import discord

from bot.names import clean
from bot.pictures.model import UploadedFile

LONGEST_TITLE = 80  # characters


def described(called: str, attachment: discord.Attachment) -> UploadedFile:
    """Take over what Discord says of an attachment; error messages call it `called`.

    Its title is its alt text, or what its uploader named it.
    """
    return UploadedFile(
        called,
        attachment.url,
        attachment.size,
        spoiler=attachment.is_spoiler(),
        name=attachment.filename,
        content_type=attachment.content_type or "",
        title=title_of(attachment.description or attachment.title or attachment.filename),
    )


def title_of(name: str) -> str:
    """Make the title of a picture from its alt text or its file name."""
    stem = PurePath(name.removeprefix("SPOILER_").replace("/", " ")).stem
    return clean(stem.replace("_", " "))[:LONGEST_TITLE]
