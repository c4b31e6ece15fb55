"""What members call things is harmless wherever it is shown."""

import re
import unicodedata

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import NameRejected
from bot.names import cleaned_name
from bot.texts import clean, key_of

HOSTILE = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(" \n\0\u202e\u200f\u2066\u200b\ufeff\u200d"),
        st.sampled_from(
            [
                "@everyone",
                "@here",
                "<@123>",
                "<@&1>",
                "<#9>",
                "<:x:1>",
                "</style:1>",
                "<t:1:R>",
                "**",
                "__",
                "~~",
                "||",
                "`",
                "\\",
                "#",
                "-#",
                ">",
                "[a](https://b.c)",
                "http://",
                "discord.gg/",
                "1.",
            ]
        ),
    ),
    max_size=12,
).map("".join)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("@everyone", "everyone"),
        ("<@123> waves", "waves"),
        ("**x**", "x"),
        ("# Loud", "Loud"),
        ("a\u202eevil\u202c b", "aevil b"),
        ("<<@1>@2>", "2"),
        ("https://evil.example/x", "evil.example/x"),
        ("[here](https://b.c)", "here ( b.c)"),
        ("  Mona   Lisa\n", "Mona Lisa"),
        ("Ünïcödé 山水 🎨", "Ünïcödé 山水 🎨"),
        ("👩‍🎨 family", "👩‍🎨 family"),
        ("👩‍❤️‍👨 ‼️", "👩‍❤️‍👨 ‼️"),
        ("My 1️⃣ and \u2139\ufe0f", "My 1️⃣ and \u2139\ufe0f"),
        ("\ufe0f\u20e3 1\ufe0f", "\u20e3 1"),
        ("Night\u3164\u2800", "Night"),
        ("Ni\u034fght\ufe0f\U000e0101", "Night"),
        ("Z\u0301\u0302\u0303\u0304\u0305algo", "Ź\u0302\u0303algo"),
    ],
)
def test_examples(typed: str, kept: str) -> None:
    """Mentions, markdown, links and invisible characters go; what people read stays."""
    assert clean(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "   ", "***", "<@123>", "\u202e\u200f", "\u200b", "-# ", "\u3164\u2800"]
)
def test_nothing_left(typed: str) -> None:
    """A name of which nothing is left is refused with a message."""
    with pytest.raises(NameRejected, match="at least one letter"):
        cleaned_name(typed, "The name", 50)


def test_too_long() -> None:
    """A name of 500 characters is refused with both numbers."""
    with pytest.raises(NameRejected, match="at most 50 characters; this one has 500"):
        cleaned_name("x" * 500, "The name", 50)


def test_names_that_are_the_same() -> None:
    """Case, width and spaces make no other name, and a key fits Discord's choices."""
    assert key_of("Whirling  Night") == key_of("whirling_night") == "whirling_night"
    assert len(key_of("\ufdfa" * 50)) == 100


@settings(max_examples=60, deadline=None)
@given(HOSTILE)
def test_harmless_whatever_is_typed(typed: str) -> None:
    """Nothing mentions, formats or turns text; cleaning what is clean changes nothing."""
    name = clean(typed)
    assert clean(name) == name
    assert not re.search(r"[@<>*`|~\\\[\]\n]|://", name)
    assert discord.utils.escape_mentions(name) == name
    kinds = {unicodedata.category(letter) for letter in name if letter != "\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert name == name.strip()
