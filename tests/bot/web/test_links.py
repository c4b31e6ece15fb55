"""Signed links to full paintings."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from bot.jobs.model import Job
from bot.storage.key import KeyDamaged
from bot.web.links import LinkExpired, LinkInvalid, NotYet, PaintingLinks
from tests.bot.jobs.harness import Clock
from tests.bot.muralize.test_card import JOB

WEEK = 7 * 86_400.0
MONTH = 30 * 86_400.0


def unopened(folder: Path, clock: Clock, url: str = "https://murals.example") -> PaintingLinks:
    """Make links that live for a week, to paintings that live for a month."""
    return PaintingLinks(folder / "link.key", url, WEEK, MONTH, clock)


@pytest.fixture
def clock() -> Clock:
    """A clock that the test winds."""
    return Clock()


@pytest.fixture
async def links(tmp_path: Path, clock: Clock) -> PaintingLinks:
    """Links with a new key."""
    made = unopened(tmp_path, clock)
    await made.open()
    return made


def parts_of(links: PaintingLinks, job: Job = JOB) -> tuple[str, str, str]:
    """Make a link and take it apart: path, expiry, signature."""
    link = links.to(job)
    assert link is not None
    address = urlsplit(link.url)
    query = dict(parse_qsl(address.query))
    assert query["expires"] == str(link.expires_at)
    return address.path, query["expires"], query["signature"]


def test_a_link_works_until_it_expires(links: PaintingLinks, clock: Clock) -> None:
    """It names the job below the public address and is good for a week, to the second."""
    link = links.to(JOB)
    assert link is not None
    assert link.url.startswith("https://murals.example/paintings/7.png?expires=")
    parts = parts_of(links)
    clock.now += WEEK - 1
    links.check(*parts)
    clock.now += 1
    with pytest.raises(LinkExpired):
        links.check(*parts)


def test_a_link_does_not_outlive_its_painting(links: PaintingLinks, clock: Clock) -> None:
    """The link to a painting that will be deleted in a day expires then."""
    ended = clock.now - MONTH + 86_400.0
    job = Job(**{**vars(JOB), "painted_at": ended - 5, "finished_at": ended})
    link = links.to(job)
    assert link is not None
    assert link.expires_at == int(clock.now + 86_400.0)


@pytest.mark.parametrize("change", ["job", "extension", "expiry", "cut", "none", "not ASCII"])
def test_a_link_that_was_changed(links: PaintingLinks, change: str) -> None:
    """Another job, ending or expiry, half a signature, none and one in other letters: refused."""
    path, expires, signature = parts_of(links)
    changed = {
        "job": ("/paintings/8.png", expires, signature),
        "extension": ("/paintings/7.jpg", expires, signature),
        "expiry": (path, str(int(expires) + 1), signature),
        "cut": (path, expires, signature[:32]),
        "none": (path, "", ""),
        "not ASCII": (path, expires, "é" * 64),
    }
    with pytest.raises(LinkInvalid):
        links.check(*changed[change])


async def test_links_survive_a_restart(tmp_path: Path, clock: Clock, links: PaintingLinks) -> None:
    """The key is kept for its owner's eyes only; with another key the links are worth nothing."""
    parts = parts_of(links)
    restarted = unopened(tmp_path, clock)
    await restarted.open()
    restarted.check(*parts)
    key_file = tmp_path / "link.key"
    assert key_file.stat().st_mode & 0o777 == 0o600
    key_file.unlink()
    await restarted.open()
    with pytest.raises(LinkInvalid):
        restarted.check(*parts)


async def test_a_damaged_key(tmp_path: Path, clock: Clock) -> None:
    """An empty file is never taken for a key."""
    (tmp_path / "link.key").touch()
    with pytest.raises(KeyDamaged, match=r"link\.key is damaged; delete it"):
        await unopened(tmp_path, clock).open()


def test_before_the_key_is_read(tmp_path: Path, clock: Clock) -> None:
    """Nothing is checked, let alone let through."""
    with pytest.raises(NotYet):
        unopened(tmp_path, clock).check("/paintings/7.png", "9999999999", "")


async def test_no_public_address(tmp_path: Path, clock: Clock) -> None:
    """There are no links where nobody could open them."""
    links = unopened(tmp_path, clock, "")
    await links.open()
    assert links.to(JOB) is None
