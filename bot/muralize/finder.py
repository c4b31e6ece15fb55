"""Finds the picture that a member points at in words, within the time for an answer.

Only pictures on the hosts that files are fetched from are found; nothing is fetched here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import discord
from discord import app_commands

from bot.discord_io import answers
from bot.discord_io.components import Interaction
from bot.discord_io.escaping import plain
from bot.discord_io.limits import MOST_CHOICES
from bot.discord_io.uploads import avatar_of, emoji_of, sticker_of, title_of
from bot.errors import NothingToPaint
from bot.languages.speech import _, joined, pgettext
from bot.muralize.found import DRAWN, MayFetch, file_name, pictures_in
from bot.muralize.pointers import (
    LAST,
    ME,
    STICKER,
    Pointer,
    PointerKind,
    moving_drawing,
    of_members,
    of_messages,
    read_pointer,
)
from bot.people import OUTSIDE
from bot.pictures.model import UploadedFile

LOOKED_THROUGH = 50  # messages
MOST_NAMED = 5  # members of one name
LONGEST_NAME = 32  # characters of a member's name, which Discord allows


class PictureFinder:
    """Finds pictures. `may_fetch` says whether an address lies where files are fetched from.

    `seconds` is how long Discord is asked for one.
    """

    def __init__(self, may_fetch: MayFetch, seconds: float) -> None:
        self._may_fetch = may_fetch
        self._seconds = seconds

    async def find(self, interaction: Interaction, text: str, called: str) -> UploadedFile:
        """Find what a text points at; error messages call it `called`.

        Raises NothingToPaint with a sentence for the member.
        """
        pointer = read_pointer(text)
        try:
            async with asyncio.timeout(self._seconds):
                file = await _FINDERS[pointer.kind](self, interaction, pointer, called)
        except TimeoutError:
            raise NothingToPaint(
                _("Discord takes too long to say where that picture is. Upload it, or try again.")
            ) from None
        except discord.HTTPException:  # forbidden, gone, or a number that is no id
            raise NothingToPaint(_("Discord does not let me look that up. Upload it.")) from None
        return self.checked(file)

    def checked(self, file: UploadedFile) -> UploadedFile:
        """Give back a file that may be fetched. Raises NothingToPaint for others."""
        if not self._may_fetch(file.url):
            raise NothingToPaint(
                _(
                    "That picture is not stored at Discord, and I fetch nothing from elsewhere. "
                    "Save it and upload the file."
                )
            )
        return file

    async def _last(self, interaction: Interaction, _pointer: Pointer, called: str) -> UploadedFile:
        channel = interaction.channel
        if not _may_look_back(interaction) or not isinstance(channel, discord.abc.Messageable):
            raise NothingToPaint(
                _(
                    "I cannot read what was posted here before. Upload the picture, or use the "
                    "menu of its message: *Apps*, *{menu}*.",
                    menu=of_messages(),
                )
            )
        async for message in channel.history(limit=LOOKED_THROUGH):
            for found in reversed(pictures_in(message, called, self._may_fetch, emojis=False)):
                if not _is_preview(interaction, message, found.file):
                    return found.file
        sentences = [
            _("There is no picture in the last {number} messages here.", number=LOOKED_THROUGH)
        ]
        if not reads_others(interaction):
            sentences.append(_("Discord shows me only my own messages."))
        advice = _(
            "Upload it, or use the menu of its message: *Apps*, *{menu}*.", menu=of_messages()
        )
        raise NothingToPaint(joined(*sentences, advice))

    async def _member(
        self, interaction: Interaction, pointer: Pointer, called: str
    ) -> UploadedFile:
        if pointer.value in ("", str(interaction.user.id)):
            return avatar_of(called, interaction.user)
        guild = _guild_of(interaction)
        if guild is None:
            raise NothingToPaint(
                _(
                    "Outside of my servers I know no other members. Use the member's own menu: "
                    "*Apps*, *{menu}*.",
                    menu=of_members(),
                )
            )
        try:
            return avatar_of(called, await guild.fetch_member(int(pointer.value)))
        except discord.NotFound:
            raise NothingToPaint(_("This server has no such member.")) from None

    async def _named_member(
        self, interaction: Interaction, pointer: Pointer, called: str
    ) -> UploadedFile:
        guild, wanted = _guild_of(interaction), pointer.value.casefold()
        if guild is None:
            return await self._member(interaction, Pointer(PointerKind.MEMBER, "0"), called)
        # of no member, and more than fits into a message to Discord's gateway
        fits = len(pointer.value) <= LONGEST_NAME
        members = (
            await guild.query_members(pointer.value, limit=MOST_NAMED, cache=False) if fits else []
        )
        exact = [one for one in members if wanted in (one.name, one.display_name.casefold())]
        members = exact or members
        name = plain(pointer.value[:LONGEST_NAME])
        if not members:
            raise NothingToPaint(_("This server has no member called {name}.", name=name))
        if len(members) > 1:
            raise NothingToPaint(_("Several members are called {name}; choose one.", name=name))
        return avatar_of(called, members[0])

    async def _emoji(
        self, _interaction: Interaction, pointer: Pointer, called: str
    ) -> UploadedFile:
        return emoji_of(called, int(pointer.value), pointer.name)

    async def _sticker(
        self, interaction: Interaction, pointer: Pointer, called: str
    ) -> UploadedFile:
        guild = _guild_of(interaction)
        for sticker in guild.stickers if guild is not None else ():
            if sticker.id == int(pointer.value):
                return _drawn(called, sticker)
        raise NothingToPaint(_("This server has no such sticker."))

    async def _named(self, interaction: Interaction, pointer: Pointer, called: str) -> UploadedFile:
        guild, wanted = _guild_of(interaction), pointer.value.casefold()
        for emoji in guild.emojis if guild is not None else ():
            if emoji.name.casefold() == wanted:
                return emoji_of(called, emoji.id, emoji.name)
        for sticker in guild.stickers if guild is not None else ():
            if sticker.name.casefold() == wanted:
                return _drawn(called, sticker)
        raise NothingToPaint(
            _(
                "This server has no emoji and no sticker called {name}. For a member write @ "
                "before the name.",
                name=plain(pointer.value),
            )
        )

    async def _link(self, _interaction: Interaction, pointer: Pointer, called: str) -> UploadedFile:
        name = file_name(pointer.value)
        uploaded = "attachments/" in urlsplit(pointer.value).path  # others are named by numbers
        spoiler = name.startswith("SPOILER_")
        title = title_of(name) if uploaded else ""
        return UploadedFile(called, pointer.value, 0, spoiler, name, title=title)


Find = Callable[[PictureFinder, Interaction, Pointer, str], Awaitable[UploadedFile]]
_FINDERS: dict[PointerKind, Find] = {
    PointerKind.LAST: PictureFinder._last,
    PointerKind.MEMBER: PictureFinder._member,
    PointerKind.MEMBER_NAME: PictureFinder._named_member,
    PointerKind.EMOJI: PictureFinder._emoji,
    PointerKind.STICKER: PictureFinder._sticker,
    PointerKind.NAME: PictureFinder._named,
    PointerKind.LINK: PictureFinder._link,
}


async def offer(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Offer pictures to point at while a member types; other texts can be sent too."""
    entries: list[tuple[str, str]] = []
    if _may_look_back(interaction):
        if reads_others(interaction):
            entries.append((pgettext("choice", "The last picture in this channel"), LAST))
        else:
            entries.append((pgettext("choice", "The last painting in this channel"), LAST))
    entries.append((pgettext("choice", "Your avatar"), ME))
    guild = _guild_of(interaction)
    if guild is not None:
        drawn = [sticker for sticker in guild.stickers if sticker.format in DRAWN]
        entries += [
            (pgettext("choice", "Sticker {name}", name=one.name), f"{STICKER}{one.id}")
            for one in drawn
        ]
        entries += [
            (pgettext("choice", "Emoji {name}", name=one.name), str(one)) for one in guild.emojis
        ]
    wanted = typed.strip().strip(":").casefold()
    fitting = [(name, value) for name, value in entries if wanted in name.casefold()]
    return [app_commands.Choice(name=name, value=value) for name, value in fitting[:MOST_CHOICES]]


def reads_others(interaction: Interaction) -> bool:
    """Say whether Discord shows the bot the pictures that others posted in this channel.

    In servers that takes the message content intent, which the host may switch on.
    """
    if interaction.guild_id is None:
        return True
    flags = interaction.client.application_flags
    return flags.gateway_message_content or flags.gateway_message_content_limited


def _may_look_back(interaction: Interaction) -> bool:
    """Say whether both the bot and the member may read what was posted before."""
    if interaction.guild_id is None:
        return interaction.context.dm_channel
    bot, member = interaction.app_permissions, interaction.permissions
    held = bot.read_messages and bot.read_message_history and member.read_message_history
    return _guild_of(interaction) is not None and held


def _guild_of(interaction: Interaction) -> discord.Guild | None:
    """Give the server, where the bot is in it."""
    return None if answers.guild_of(interaction) == OUTSIDE else interaction.guild


def _drawn(called: str, sticker: discord.GuildSticker) -> UploadedFile:
    if sticker.format not in DRAWN:
        raise NothingToPaint(moving_drawing())
    return sticker_of(called, sticker)


def _is_preview(interaction: Interaction, message: discord.Message, file: UploadedFile) -> bool:
    """Say whether it is a picture of a painting under way, which the next edit takes away."""
    own = interaction.client.user is not None and message.author.id == interaction.client.user.id
    return own and file.name.removeprefix("SPOILER_").startswith("preview-")
