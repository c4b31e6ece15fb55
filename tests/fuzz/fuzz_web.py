"""Fuzz the web pages with raw HTTP, guided by coverage: `python -m tests.fuzz.fuzz_web [SECONDS]`.

What it finds lies in build/fuzz-web/ as crash-* or timeout-*: mend the fault and keep the file in
tests/fuzz/web_corpus, which the test suite replays.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["bot.web", "bot.challenges", "aiohttp", "yarl"]):
    from tests.fuzz.web_site import Site, tokens

WORK = Path("build/fuzz-web")
_SECONDS_PER_INPUT = 25
_MEMORY = 1024  # MiB
_LONGEST = 4096  # bytes


def main(arguments: list[str]) -> None:
    """Fuzz for so many seconds, 600 unless told otherwise."""
    seconds = int(arguments[0]) if arguments else 600
    grown = WORK / "corpus"
    grown.mkdir(parents=True, exist_ok=True)
    words = WORK / "tokens"
    words.write_text("".join(f'"{_escaped(token)}"\n' for token in tokens()))
    with Site() as site:
        for name, data in site.seeds.items():
            (grown / name).write_bytes(data)

        def check(data: bytes) -> None:
            site.check(data)

        options = [
            f"-max_total_time={seconds}",
            f"-timeout={_SECONDS_PER_INPUT}",
            f"-rss_limit_mb={_MEMORY}",
            f"-max_len={_LONGEST}",
            f"-dict={words}",
            f"-artifact_prefix={WORK}/",
            "-print_final_stats=1",
            str(grown),
        ]
        atheris.Setup([sys.argv[0], *options], check)
        atheris.Fuzz()


def _escaped(token: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token)


if __name__ == "__main__":
    main(sys.argv[1:])
