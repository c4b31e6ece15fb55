"""Describes an attachment of Discord's as an upload to take in."""

from pathlib import PurePath

import discord

from bot.names import clean
from bot.pictures.model import UploadedFile

LONGEST_TITLE = 80  # characters


def described(called: str, attachment: discord.Attachment) -> UploadedFile:
    """Take over what Discord says of an attachment; error messages call it `called`."""
    return UploadedFile(
        called,
        attachment.url,
        attachment.size,
        spoiler=attachment.is_spoiler(),
        name=attachment.filename,
        content_type=attachment.content_type or "",
        title=title_of(attachment),
    )


def title_of(attachment: discord.Attachment) -> str:
    """Give what its uploader calls an attachment, cleaned."""
    return cleaned_title(
        attachment.description or attachment.title or PurePath(attachment.filename).stem
    )


def cleaned_title(text: str) -> str:
    """Clean what people call a picture."""
    return clean(text.replace("_", " "))[:LONGEST_TITLE]
