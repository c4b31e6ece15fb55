"""`python -m bot.web.probe`: exit code 0 while the bot on this machine answers.

For a container's health check. It imports nothing but the standard library, because it runs every
half minute, and finds the bot by the settings, in the environment or the file that
MURALSCAPE_CONFIG names.
"""

import os
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

SECONDS = 4.0


def address() -> str:
    """Give the address of the bot's health page, as the settings say."""
    file = os.environ.get("MURALSCAPE_CONFIG")
    written = tomllib.loads(Path(file).read_text(encoding="utf-8")) if file else {}

    def setting(name: str) -> str | None:
        found = os.environ.get(f"MURALSCAPE_WEB__{name.upper()}", written.get("web", {}).get(name))
        return None if found is None else str(found)

    host = setting("host") or "127.0.0.1"
    port = setting("admin_port") or setting("port") or "8080"
    if host in ("0.0.0.0", "::"):  # noqa: S104 - a bot that listens everywhere listens here too
        host = "127.0.0.1"
    return f"http://[{host}]:{port}/healthz" if ":" in host else f"http://{host}:{port}/healthz"


def main() -> int:
    """Ask once."""
    try:
        with urllib.request.urlopen(address(), timeout=SECONDS) as answer:  # noqa: S310 - HTTP
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, OSError) as error:
        sys.stderr.write(f"the bot does not answer: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
