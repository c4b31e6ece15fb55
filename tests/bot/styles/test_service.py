"""The rules of a server's style library."""

import asyncio
from pathlib import Path

import pytest

from bot.errors import NameRejected
from bot.guilds.rules import RoleNeeded, forbidden_words
from bot.people import Member
from bot.pictures.decoder import Decoder
from bot.storage.database import Database
from bot.styles.model import Style
from bot.styles.service import LibraryFull, NotYourStyle, StyleExists, StyleNotFound
from tests.bot.styles.conftest import ADA, MOD, Library


async def test_a_new_server_has_the_starters_once(library: Library) -> None:
    """They are there at the first look, once, and one that is deleted stays away."""
    both = await asyncio.gather(library.service.like(10, ""), library.service.page(10, 0))
    assert [style.name for style in both[0]] == ["Burning bay", "Loud poster"]
    assert both[1].total == 2
    await library.service.delete(MOD, "loud poster")
    library.restart()
    assert [style.name for style in await library.service.like(10, "")] == ["Burning bay"]
    assert len(await library.service.like(11, "")) == 2


async def test_starters_need_no_decoder(database: Database, tmp_path: Path) -> None:
    """A new server's first list is read from the package, however busy the decoder is."""
    async with Decoder() as decoder:
        library = Library(database, tmp_path, decoder)
        await library.pictures.open()
    assert len(await library.service.like(10, "")) == 2
    assert len(await library.service.like(11, "")) == 2


async def test_starters_that_a_server_deleted(library: Library) -> None:
    """They stay away after a restart, and their pictures with them."""
    await library.service.like(10, "")
    deleted = await library.service.delete(MOD, "loud poster")
    assert not await library.pictures.has([deleted.picture])
    library.restart()
    await library.service.like(10, "")
    assert not await library.pictures.has([deleted.picture])


async def test_forbidden_words(library: Library) -> None:
    """Whole words, in any case and with any accents; moderators rename what has one already."""
    saved = await library.service.save(ADA, "Dämn haze", await library.put("green"))
    words = forbidden_words("DAMN, two  words\ndamn")
    assert words == ("damn", "two words")
    await library.guilds.change(Member(9, 10, manages=True), {"forbidden_words": words})
    for name in ("a dámn name", "DAMN", "\uff24amn", "two-words", "damn_it"):
        with pytest.raises(NameRejected, match="does not allow"):
            await library.service.save(ADA, name, saved.picture)
    await library.service.save(ADA, "Damnation, two swords", saved.picture)
    with pytest.raises(NotYourStyle):
        await library.service.rename(Member(3, 10), saved.key, "Haze")
    renamed = await library.service.rename(MOD, saved.key, "Haze")
    assert (await library.service.find(10, "haze")).id == renamed.id == saved.id
    with pytest.raises(StyleExists):
        await library.service.rename(ADA, "haze", "Burning Bay")


async def test_saved_found_and_deleted(library: Library) -> None:
    """A style is found however its name is written; its pictures go with it."""
    saved = await library.service.save(ADA, "**Mona** Lisa", await library.put("green"))
    assert (saved.name, saved.author_id) == ("Mona Lisa", 1)
    assert (await library.service.find(10, " mona  LISA ")).id == saved.id
    assert [style.id for style in await library.service.like(10, "mona")] == [saved.id]
    await library.retention.sweep()
    assert await library.pictures.has([saved.picture, saved.preview])
    await library.service.delete(ADA, "mona_lisa")
    assert not await library.pictures.has([saved.picture])
    with pytest.raises(StyleNotFound):
        await library.service.find(10, "Mona Lisa")


async def test_who_may(library: Library) -> None:
    """Saving needs one of the roles; the author and moderators may delete."""
    await library.guilds.change(Member(9, 10, manages=True), {"style_roles": (8,)})
    green = await library.put("green")
    with pytest.raises(RoleNeeded):
        await library.service.save(ADA, "Green", green)
    await library.service.save(Member(3, 10, roles=frozenset({8})), "Green", green)
    with pytest.raises(NotYourStyle):
        await library.service.delete(ADA, "Green")
    await library.service.delete(MOD, "Green")


async def test_limits_hold_at_the_same_moment(library: Library) -> None:
    """Of ten styles saved at once as many are taken as the server may have; names are unique."""
    green = await library.put("green")
    saves = [library.service.save(ADA, f"Style {number}", green) for number in range(10)]
    done = await asyncio.gather(*saves, return_exceptions=True)
    assert sum(isinstance(one, LibraryFull) for one in done) == 4
    assert (await library.service.page(10, 0)).total == 8
    saved = next(one for one in done if isinstance(one, Style))
    await library.service.delete(ADA, saved.name)
    twice = [library.service.save(ADA, name, green) for name in ("Same name", "SAME NAME")]
    done = await asyncio.gather(*twice, return_exceptions=True)
    assert sum(isinstance(one, StyleExists | LibraryFull) for one in done) == 1


async def test_pages(library: Library) -> None:
    """Pages hold five; a page that is not there is the nearest one."""
    green = await library.put("green")
    for number in range(4):
        await library.service.save(ADA, f"Style {number}", green)
    first = await library.service.page(10, -3)
    last = await library.service.page(10, 99)
    assert (len(first.styles), first.pages, first.number) == (5, 2, 0)
    assert (len(last.styles), last.number) == (1, 1)


async def test_forgetting_a_member(library: Library) -> None:
    """Their styles are listed, then gone with their pictures; other members' stay."""
    saved = await library.service.save(ADA, "Mine", await library.put("green"))
    await library.service.save(MOD, "Theirs", await library.put("yellow"))
    assert [entry["name"] async for page in library.store.about_member(1) for entry in page] == [
        "Mine"
    ]
    await library.retention.release(await library.store.forget_member(1))
    assert not await library.pictures.has([saved.picture])
    assert [style.name for style in await library.service.like(10, "")] == [
        "Burning bay",
        "Loud poster",
        "Theirs",
    ]
