"""Saves, finds and deletes the styles of servers."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.errors import NothingToPaint, Refused
from bot.guilds.model import GuildSettings, Switch
from bot.guilds.rules import check_may_save, check_words
from bot.guilds.service import GuildService
from bot.journal import NO_JOURNAL, Deed, Journal, JournalEntry, Person
from bot.languages.speech import _, ngettext
from bot.names import cleaned_name
from bot.people import Member
from bot.pictures.decoder import Decoder
from bot.pictures.retention import PictureRetention
from bot.pictures.thumbnails import make_thumbnail
from bot.pictures.turns import Owner
from bot.styles.model import Page, Starter, Style
from bot.styles.store import StyleStore
from bot.texts import key_of

LONGEST_NAME = 50  # characters
PAGE = 5  # styles


class LibraryFull(Refused):
    """The server's limit of styles is reached."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            ngettext(
                "This server's library is full: it may hold {n} style. Delete it first.",
                "This server's library is full: it may hold {n} styles. Delete one first.",
                limit,
            )
        )


class StyleExists(Refused):
    """There is already a style of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("There is already a style called *{name}* here; choose another name.", name=name)
        )


class StyleNotFound(NothingToPaint):
    """There is no style of that name in this server's library."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "There is no saved style of that name; choose one from the list that opens "
                "while you type."
            )
        )


class NotYourStyle(Refused):
    """Another member saved the style, and this one does not moderate the server."""


class StyleService:
    """Changes the libraries. `starters` are the first styles of every library."""

    def __init__(
        self,
        store: StyleStore,
        retention: PictureRetention,
        decoder: Decoder,
        guilds: GuildService,
        starters: Sequence[Starter],
        clock: Callable[[], float],
        journal: Journal = NO_JOURNAL,
    ) -> None:
        self.store = store
        self.pictures = retention.pictures
        self._retention = retention
        self._decoder = decoder
        self._guilds = guilds
        self._starters = starters
        self._clock = clock
        self._journal = journal
        self._opened: set[int] = set()
        self._opening = asyncio.Lock()

    async def like(self, guild_id: int, typed: str) -> list[Style]:
        """List the styles that match a partly typed name, those first that begin with it."""
        wanted = key_of(typed)
        found = [style for style in await self._all(guild_id) if wanted in style.key]
        return sorted(found, key=lambda style: not style.key.startswith(wanted))

    async def offered(self, guild_id: int) -> Sequence[Style]:
        """List all styles, sorted by key."""
        return await self._all(guild_id)

    async def find(self, guild_id: int, name: str) -> Style:
        """Find a style by its name, in any case. Raises StyleNotFound."""
        if await self._guilds.is_off(guild_id, Switch.STYLES):
            raise StyleNotFound
        await self._open(guild_id)
        style = await self.store.find(guild_id, key_of(name))
        if style is None:
            raise StyleNotFound
        return style

    async def page(self, guild_id: int, number: int) -> Page:
        """Give a page of a library; the nearest one where the number is out of range."""
        every = await self._all(guild_id)
        pages = max(1, -(-len(every) // PAGE))
        number = min(max(0, number), pages - 1)
        shown = tuple(every[number * PAGE : (number + 1) * PAGE])
        return Page(shown, number, pages, len(every))

    async def check(self, member: Member, name: str) -> str:
        """Clean the name of a new style. Raises Refused where the member may not save it."""
        effective = await self._guilds.effective(member.guild_id)
        check_may_save(effective.settings, member)
        cleaned = _cleaned(name, effective.settings)
        every = await self._all(member.guild_id)
        if len(every) >= effective.saved_styles:
            raise LibraryFull(effective.saved_styles)
        if any(style.key == key_of(cleaned) for style in every):
            raise StyleExists(cleaned)
        return cleaned

    async def save(self, member: Member, name: str, picture: str) -> Style:
        """Add a stored picture to the library. Raises Refused."""
        name = await self.check(member, name)
        owner = Owner(member.guild_id, member.id)
        preview = await make_thumbnail(self._retention, self._decoder, picture, owner)
        style = Style(
            id=0,
            guild_id=member.guild_id,
            name=name,
            key=key_of(name),
            picture=picture,
            preview=preview,
            author_id=member.id,
            created_at=self._clock(),
            author_name=member.name,
        )
        limit = (await self._guilds.effective(member.guild_id)).saved_styles
        async with (
            self._opening,  # so that no style is added between the check and the insert
            self._retention.referring_to([picture, preview]),
        ):
            if await self.store.find(style.guild_id, style.key):
                raise StyleExists(name)
            async with self.store.database.write() as connection:
                if await self.store.count(connection, member.guild_id) >= limit:
                    raise LibraryFull(limit)
                return await self.store.add(connection, style)

    async def rename(self, member: Member, name: str, new_name: str) -> Style:
        """Rename a style. Raises StyleNotFound, NotYourStyle, StyleExists and NameRejected."""
        style = await self.find(member.guild_id, name)
        if not _owns(style, member):
            raise NotYourStyle(
                _("You can rename only styles that you saved; moderators can rename all.")
            )
        cleaned = _cleaned(new_name, await self._guilds.settings(member.guild_id))
        renamed = replace(style, name=cleaned, key=key_of(cleaned))
        async with self._opening:  # so that no style is added between the check and the update
            other = await self.store.find(style.guild_id, renamed.key)
            if other is not None and other.id != style.id:
                raise StyleExists(cleaned)
            async with self.store.database.write() as connection:
                await self.store.rename(connection, renamed)
        return renamed

    async def delete(self, member: Member, name: str) -> Style:
        """Delete a style; paintings in it stay. Raises StyleNotFound and NotYourStyle."""
        style = await self.find(member.guild_id, name)
        if not _owns(style, member):
            raise NotYourStyle(
                _("You can delete only styles that you saved; moderators can delete all.")
            )
        async with self.store.database.write() as connection:
            await self.store.delete(connection, style.id)
            await self._journal.note(connection, _deletion(style, member))
        await self._retention.release(style.pictures)
        return style

    # For servers that the bot has left.

    async def guild_ids(self) -> set[int]:
        """Give the servers that have a library."""
        return await self.store.guild_ids()

    async def end_in(self, guild_id: int) -> None:
        """Nothing of a library is under way."""

    async def forget_guild(self, guild_id: int) -> set[str]:
        """Delete a server's library; return its pictures."""
        async with self._opening:
            self._opened.discard(guild_id)
            return await self.store.forget_guild(guild_id)

    async def _all(self, guild_id: int) -> Sequence[Style]:
        if await self._guilds.is_off(guild_id, Switch.STYLES):
            return ()
        await self._open(guild_id)
        return await self.store.all(guild_id)

    async def _open(self, guild_id: int) -> None:
        """Add the starters to a library at its first use.

        Nothing is decoded here: a member waits for a list or a form, which Discord takes within
        three seconds only.
        """
        if guild_id in self._opened:
            return
        if not await self.store.has_starters(guild_id):  # since an earlier run of the bot
            async with self._opening:
                await self._add_starters(guild_id)
        self._opened.add(guild_id)

    async def _add_starters(self, guild_id: int) -> None:
        new = [await self._stored(guild_id, starter) for starter in self._starters]
        async with (
            self._retention.referring_to([style.picture for style in new]),
            self.store.database.write() as connection,
        ):
            if not await self.store.opened(connection, guild_id):
                for style in new:
                    await self.store.add(connection, style)

    async def _stored(self, guild_id: int, starter: Starter) -> Style:
        data = await asyncio.to_thread(starter.path.read_bytes)
        picture = (await self._retention.put(data)).name
        key, now = key_of(starter.title), self._clock()
        # small enough to be its own preview
        return Style(0, guild_id, starter.title, key, picture, picture, None, now)


def _deletion(style: Style, member: Member) -> JournalEntry:
    author = None
    if style.author_id is not None and style.author_id != member.id:
        author = Person(style.author_id, style.author_name)
    actor = Person(member.id, member.name)
    return JournalEntry(style.guild_id, Deed.STYLE_DELETED, actor, author, style.name)


def _owns(style: Style, member: Member) -> bool:
    return style.author_id == member.id or member.moderates or member.manages


def _cleaned(name: str, settings: GuildSettings) -> str:
    """Clean a name, and refuse the server's forbidden words in it."""
    what = _("The name of a style")
    cleaned = cleaned_name(name, what, LONGEST_NAME)
    check_words(settings, what, cleaned)
    return cleaned
