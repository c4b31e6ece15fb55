"""Pages in the language of each visitor."""

import gettext

import pytest

from bot.languages import speech
from bot.web.visitors import negotiated
from tests.bot.web.test_paintings import Counter, counter

__all__ = ["counter"]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en-US"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en-US"),
        ("en;q=0.2, fr-CA;q=0.9", "fr"),
        ("es-419", "es-419"),
        ("es", "es-ES"),
        ("pt-PT", "pt-BR"),
        ("JA-jp", "ja"),
        ("nl, de;q=0", "en-US"),
        ("xx;q=1, *;q=0.5", "en-US"),
        ("nl,fr", "fr"),
    ],
)
def test_the_most_wanted_language(header: str, language: str) -> None:
    """It is the first that there is, whatever its region; English where there is none."""
    assert negotiated(header) == language


@pytest.mark.parametrize(
    "header", [",,,", ";q=1", "de;q=2", "de;q=x", "de;q=0.1234", "d_e", "é", "a" * 5000, "-" * 9]
)
def test_headers_that_cannot_be_read(header: str) -> None:
    """They are as if they were not there."""
    assert negotiated(header) == "en-US"


class Loud(gettext.NullTranslations):
    """Writes everything with an exclamation mark."""

    def gettext(self, message: str) -> str:
        """Add the mark."""
        return f"{message}!"


async def test_a_page_in_two_languages(counter: Counter) -> None:
    """A page has its language, and says by which header it differs; a file is the same for all."""
    speech.add("fr", Loud())
    try:
        french = {"Accept-Language": "fr-CH, en;q=0.5"}
        answer, page = await counter.ask("/paintings/1.png", **french)
        assert answer.status == 503
        assert answer.headers["Vary"] == "Accept-Language"
        assert b'<html lang="fr">' in page
        assert b"One moment!" in page
        answer, page = await counter.ask("/paintings/1.png")
        assert b'<html lang="en">' in page
        assert b"One moment<" in page
        await counter.links.open()
        answer, _ = await counter.ask(await counter.path(), **french)
        assert (answer.status, answer.headers.get("Vary")) == (200, None)
    finally:
        speech.remove("fr")
