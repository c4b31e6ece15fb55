"""Renders the templates of the pages for people, in the language of the moment."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from aiohttp import web
from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, select_autoescape

from bot.languages.speech import FILES, _, locale, ngettext, pgettext, spoken

TEMPLATES = Path(__file__).with_name("templates")


class Html:
    """Renders pages. `headers` are for pages and for the pictures on them."""

    def __init__(self) -> None:
        self._css = (TEMPLATES / "gallery.css").read_text(encoding="utf-8")
        self._pages = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(default=True),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._pages.globals.update(_=_, ngettext=ngettext, pgettext=pgettext)
        self._pages.globals.update(language=_language, written=_written)
        digest = base64.b64encode(hashlib.sha256(self._css.encode()).digest()).decode()
        self.headers = {
            "Content-Security-Policy": (
                f"default-src 'none'; img-src 'self' data:; style-src 'sha256-{digest}'; "
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
        }

    def page(
        self,
        template: str,
        values: Mapping[str, object],
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> web.Response:
        """Render a template; `headers` are added to those of every page."""
        return web.Response(
            text=self._pages.get_template(template).render(css=self._css, **values),
            content_type="text/html",
            status=status,
            headers={**self.headers, "Vary": "Accept-Language", **(headers or {})},
        )


def _language() -> str:
    """Give the language of a page, for its `lang`."""
    return FILES.get(spoken(), "en").replace("_", "-")


def _written(day: date) -> str:
    """Write a day."""
    return format_date(day, "long", locale(spoken()))
