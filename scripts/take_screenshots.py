"""Take the pictures of the simulator's page that the README shows.

    python scripts/take_screenshots.py

Starts `muralscape simulate`, paints the sample pair in it as a member would, and writes WebP files
to docs/. Needs playwright (in the test extra) and a Chromium.
"""

import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

DOCS = Path(__file__).parents[1] / "docs"
DESKTOP = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
PAINTED = 300_000  # milliseconds that a painting may take on a busy machine


def main() -> None:
    """Take all pictures."""
    DOCS.mkdir(exist_ok=True)
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    with simulator() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        desktop(browser, address)
        phone(browser, address)
        browser.close()


@contextmanager
def simulator() -> Iterator[str]:
    """Run `muralscape simulate` and give its address."""
    command = [sys.executable, "-u", "-c", "from bot.cli import main; main()"]
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*command, "simulate", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        address = ""
        for line in process.stdout or ():
            if "http://" in line:
                address = line.split()[-1]
            if "Engine" in line:
                break
        yield address
    finally:
        process.terminate()
        process.wait()


def desktop(browser: Browser, address: str) -> None:
    """Show the result of a command, as its member sees it."""
    page = browser.new_page(viewport=DESKTOP, device_scale_factor=1.5, color_scheme="dark")
    page.goto(f"{address}/?as=ada&channel=gallery")
    page.get_by_role("button", name="Fill in /muralize").click()
    page.locator(".tile-filled").nth(1).wait_for()
    page.locator(".command-form").get_by_role("button", name="Send").click()
    page.get_by_text("Final loss").wait_for(timeout=PAINTED)
    page.wait_for_timeout(600)
    take(page, "simulator_desktop")
    page.close()


def phone(browser: Browser, address: str) -> None:
    """Show the result as another member sees it on a phone."""
    page = browser.new_page(viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True)
    page.goto(f"{address}/?as=ben&channel=gallery")
    page.get_by_text("Final loss").wait_for()
    page.wait_for_timeout(600)
    take(page, "simulator_phone")
    page.get_by_label("Message #gallery").fill("/")
    page.get_by_role("option").first.wait_for()
    take(page, "simulator_phone_commands")
    page.close()


def take(page: Page, name: str) -> None:
    """Write what the page shows."""
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").save(DOCS / f"{name}.webp", quality=82, method=6)


if __name__ == "__main__":
    main()
