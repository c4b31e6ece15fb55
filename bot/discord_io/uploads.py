"""Describes what Discord shows as uploads to take in: attachments, avatars, emojis, stickers."""

from pathlib import PurePath

import discord

from bot.languages.speech import _
from bot.pictures.model import UploadedFile
from bot.texts import clean

LONGEST_TITLE = 80  # characters
AVATAR_SIDE = 1024  # pixels
DISCORD_CDN = discord.Asset.BASE


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


def avatar_of(called: str, user: discord.User | discord.Member) -> UploadedFile:
    """Describe a user's avatar: a member's own in the server where they have one, as a still."""
    avatar = user.display_avatar.replace(size=AVATAR_SIDE, format="png")
    name = clean(user.display_name)
    title = _("{name}'s avatar", name=name) if name else _("somebody's avatar")
    return UploadedFile(called, avatar.url, 0, name="avatar.png", title=title[:LONGEST_TITLE])


def emoji_of(called: str, emoji_id: int, name: str) -> UploadedFile:
    """Describe a custom emoji, an animated one as a still."""
    url = f"{discord.Asset.BASE}/emojis/{emoji_id}.png"
    return UploadedFile(called, url, 0, name=f"{name}.png", title=title_of(name))


def sticker_of(called: str, sticker: discord.StickerItem | discord.GuildSticker) -> UploadedFile:
    """Describe a sticker that is a picture."""
    url = sticker.url
    if discord.Asset.BASE != DISCORD_CDN and sticker.format is discord.StickerFormatType.gif:
        # discord.py hard-codes the host of GIF stickers
        url = f"{discord.Asset.BASE}/stickers/{sticker.id}.gif"
    return UploadedFile(called, url, 0, name=PurePath(url).name, title=title_of(sticker.name))


def title_of(name: str) -> str:
    """Make the title of a picture from its alt text or its file name."""
    stem = PurePath(name.removeprefix("SPOILER_").replace("/", " ")).stem
    return clean(stem.replace("_", " "))[:LONGEST_TITLE]
