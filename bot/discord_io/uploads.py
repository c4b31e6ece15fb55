"""Describes an attachment of Discord's as an upload to take in."""

import discord

from bot.pictures.model import UploadedFile


def described(called: str, attachment: discord.Attachment) -> UploadedFile:
    """Take over what Discord says of an attachment; error messages call it `called`."""
    return UploadedFile(
        called,
        attachment.url,
        attachment.size,
        attachment.is_spoiler(),
        name=attachment.filename,
        content_type=attachment.content_type or "",
    )
