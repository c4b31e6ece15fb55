"""`python -m bot.web.probe`: exit code 0 while the bot on this machine answers.

For a container's health check. It imports nothing but the standard library, because it runs every
half minute, and finds the bot by the settings in the environment.
"""

import os
import sys
import urllib.error
import urllib.request

SECONDS = 4.0


def address() -> str:
    """Give the address of the bot's health page, from the environment."""
    host = os.environ.get("MURALSCAPE_WEB__HOST", "127.0.0.1")
    port = os.environ.get("MURALSCAPE_WEB__ADMIN_PORT") or os.environ.get(
        "MURALSCAPE_WEB__PORT", "8080"
    )
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
