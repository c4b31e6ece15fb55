"""Small catalogues of translations, for tests."""

import gettext
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from babel.messages import Catalog
from babel.messages.mofile import write_mo

from bot.languages import speech

Messages = Mapping[tuple[str, str], str]  # context and message -> translation


@contextmanager
def spoken_as(language: str, messages: Messages) -> Iterator[None]:
    """Have the bot speak a language by these messages alone, until the block ends."""
    catalogue = Catalog(locale=language)
    for (context, message), translation in messages.items():
        catalogue.add(message, translation, context=context or None)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    speech.add(language, gettext.GNUTranslations(compiled))
    try:
        yield
    finally:
        speech.remove(language)
