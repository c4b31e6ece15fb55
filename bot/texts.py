"""Cleans names and texts of members, so that they are safe to show in Discord and on pages.

A cleaned text has no mentions, markdown, links, or characters that reverse the text around it.
"""

import re
import unicodedata

# Discord's mentions, custom emoji, times and links to commands: `<@1>`, `<a:wave:1>`, `</style:1>`
# Every repetition that can begin anywhere is bounded: else a long text takes quadratic time.
_DISCORD = re.compile(r"<(?:@[!&]?|#|a?:\w{0,32}:|/[^:<>]{0,100}:|t:|id:)[^<>]*>")
_LINK = re.compile(r"[a-z][a-z0-9+.-]{0,30}://|discord(?:app)?\.(?:gg|com/invite)/", re.IGNORECASE)
_MARKDOWN = re.compile(r"[*_~`|\\<>\[\]@]")
_AT_THE_START = re.compile(r"^(?:[#>\-+•\s]|\d+\.\s)+")  # headings, quotes, lists, small print
LONGEST_TEXT = 1000  # characters that are read of any text, cleaned or not
LONGEST_KEY = 100  # characters; of the value of a choice that Discord offers
_JOINER = "\u200d"  # joins emoji to one, such as families; letters of some scripts too
# Letters and a symbol that fonts show as nothing; marks that at most choose the form of a letter,
# so that two names with and without them look the same.
_BLANK = re.compile("[\u115f\u1160\u2800\u3164\uffa0]")
_FORMLESS = re.compile("[\u034f\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_EMOJI_STYLE, _KEYCAP = "\ufe0f", "\u20e3"  # a digit with both is an emoji of a key
_MOST_MARKS = 2  # combining marks on one letter: some languages need two, only "Zalgo" needs more


def clean(text: str) -> str:
    """Remove mentions, markdown, links, and control, invisible and right-to-left characters.

    What is beyond `LONGEST_TEXT` characters is cut off before anything else.
    """
    text = text[:LONGEST_TEXT]
    before = None
    while before != text:  # removing one thing can join the parts of another
        before = text
        text = _LINK.sub(" ", _DISCORD.sub(" ", text))
        text = _MARKDOWN.sub(" ", unicodedata.normalize("NFC", text))
        text = _AT_THE_START.sub("", " ".join(_visible(text).split()))
    return text


def key_of(name: str) -> str:
    """Make a key that is equal for names that members would take to be the same."""
    folded = unicodedata.normalize("NFKC", name[:LONGEST_TEXT]).casefold()
    return "_".join(folded.replace("_", " ").split())[:LONGEST_KEY]


def _visible(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for place, letter in enumerate(text):
        category = unicodedata.category(letter)
        if _FORMLESS.match(letter):
            before, after = "".join(kept[-1:]), text[place + 1 : place + 2]
            if letter == _EMOJI_STYLE and _may_be_emoji(before, after):
                kept.append(letter)
            continue
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category[0] == "Z" or letter in "\t\n\r" or _BLANK.match(letter):
            kept.append(" ")
        elif category[0] == "C":
            # other format characters are invisible or reverse the text
            if letter == _JOINER and kept and unicodedata.category(kept[-1]) in ("So", "Mn", "Sk"):
                kept.append(letter)
        elif marks <= _MOST_MARKS:
            kept.append(letter)
    return "".join(kept).strip(_JOINER)


def _may_be_emoji(letter: str, after: str) -> bool:
    """Whether a letter, with what follows the mark behind it, can be an emoji."""
    if not letter or letter.isascii():
        return after == _KEYCAP and letter in set("#0123456789")
    # a symbol, or punctuation or a letter that has an emoji
    return unicodedata.category(letter)[0] == "S" or letter in "\u203c\u2049\u2139\u3030\u303d"
