"""The pages under the fuzzer's seeds, what it found, and requests of generated parts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.web_site import Site, request, tokens

FOUND = Path(__file__).parent / "web_corpus"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site that the tests of this module share."""
    with Site() as site:
        yield site


def test_seeds_are_answered(site: Site) -> None:
    """Each seed reaches the page that it is for."""
    statuses = {name: site.check(data)[0] for name, data in site.seeds.items()}
    assert statuses == {
        "server": 200,
        "older": 200,
        "challenge": 200,
        "picture": 200,
        "large": 200,
        "painting": 206,
        "unsigned": 403,
        "conditions": 304,
        "health": 200,
        "metrics": 200,
        "post": 405,
        "chunked": 404,
        "expect": 200,
        "upgrade": 200,
        "absolute": 200,
        "escapes": 404,
        "tls": 400,
    }


def test_what_was_found(site: Site) -> None:
    """Bytes that once broke something keep every promise; see `Site.check`."""
    for file in sorted(FOUND.iterdir()):
        site.check(file.read_bytes())


_WORDS = [token.decode("latin-1") for token in tokens()]
_TEXT = st.lists(st.sampled_from(_WORDS) | st.text(max_size=8), max_size=8).map("".join)
_LINE = _TEXT.map(lambda text: text.replace("\r", "").replace("\n", ""))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["/gallery/", "/paintings/", "/metrics", "/", ""]),
    rest=_LINE,
    method=st.sampled_from(["GET", "HEAD", "POST", "OPTIONS"]) | _LINE,
    headers=st.lists(st.tuples(_LINE, _LINE).map(": ".join), max_size=6),
    body=st.binary(max_size=64),
)
def test_generated_requests(
    site: Site, path: str, rest: str, method: str, headers: list[str], body: bytes
) -> None:
    """No path, query, method, header or body breaks a promise; see `Site.check`."""
    site.check(request(path + rest, method, *headers, body=body))
