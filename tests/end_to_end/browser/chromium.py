"""A headless Chromium, where there is one."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Page, async_playwright, expect

# Nothing here is about speed: a busy machine takes seconds to start what draws a loss curve.
PATIENCE = 120_000.0  # milliseconds
expect.set_options(timeout=PATIENCE)

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",  # which a container's root user cannot have
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def program() -> str | None:
    """Find the browser."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run it until the block ends."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program(), args=FLAGS, timeout=PATIENCE
        )
        yield browser
        await browser.close()


async def new_page(browser: Browser, **options: Any) -> Page:  # noqa: ANN401 - the browser's own
    """Open a page in a browser of its own; the options are those of `Browser.new_page`."""
    page = await browser.new_page(**options)
    page.set_default_timeout(PATIENCE)
    return page
