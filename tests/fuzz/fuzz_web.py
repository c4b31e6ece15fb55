"""Fuzz the web pages with raw HTTP, guided by coverage: `python -m tests.fuzz.fuzz_web [SECONDS]`.

What it finds lies in build/fuzz-web/ as crash-* or timeout-*: mend the fault and keep the file in
tests/fuzz/web_corpus, which the test suite replays.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["bot.web", "bot.challenges", "aiohttp", "yarl"]):
    from tests.fuzz.web_site import Site, tokens

from tests.fuzz.session import fuzz, grown

WORK = Path("build/fuzz-web")


def main() -> None:
    """Fuzz a site, beginning with requests that it answers."""
    folder, words = grown(WORK), WORK / "tokens"
    words.write_text("".join(f'"{_escaped(token)}"\n' for token in tokens()))
    with Site() as site:
        for name, data in site.seeds.items():
            (folder / name).write_bytes(data)
        more = [f"-dict={words}"]
        fuzz(site.check, WORK, sys.argv[1:], longest=4096, seconds_per_input=130, more=more)


def _escaped(token: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token)


if __name__ == "__main__":
    main()
