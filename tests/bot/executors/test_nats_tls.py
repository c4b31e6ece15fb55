"""Bot and workers reach their NATS server over TLS, or not at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from bot.executors.nats.access import Access
from bot.executors.nats.executor import NatsExecutor
from tests.bot.executors.clockwork import Script
from tests.bot.executors.conftest import FAST, MakeOrder, nats_executor, until, working
from tests.bot.executors.nats_server import NatsServer
from tests.bot.executors.proxy import bad_network


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of one's own."""
    return trustme.CA()


@pytest.fixture
def ca_file(tmp_path: Path, authority: trustme.CA) -> Path:
    """Where bot and workers find its certificate."""
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    return file


@pytest.fixture
def tls_server(tmp_path: Path, authority: trustme.CA) -> Iterator[NatsServer]:
    """A server with a certificate of that authority, for 127.0.0.1 alone."""
    file = tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(file)
    tls = f'tls {{ cert_file: "{file}", key_file: "{file}" }}'
    server = NatsServer(tmp_path / "nats", tls).start()
    yield server
    server.kill()


async def fault_of(access: Access) -> str:
    """Say what keeps a bot from a server, once it has tried."""
    executor = NatsExecutor(access, FAST)
    await executor.start()
    try:
        await until(lambda: "no connection yet" not in (executor.fault or ""))
        return executor.fault or ""
    finally:
        await executor.close()


@pytest.mark.parametrize("scheme", ["tls", "nats"])
async def test_paints_over_tls(
    tls_server: NatsServer, ca_file: Path, order_for: MakeOrder, scheme: str
) -> None:
    """With the authority's certificate, bot and worker connect and an order is painted."""
    url = f"{scheme}://127.0.0.1:{tls_server.port}"
    order = order_for(Script())
    async with working(url, ca_file), nats_executor(url, ca_file) as executor:
        await executor.paint(order, lambda _: None)
    assert order.result.exists()


async def test_a_certificate_of_somebody_else_is_refused(
    tls_server: NatsServer, tmp_path: Path
) -> None:
    """A server's certificate of an unknown authority is refused, and the fault says why."""
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(stranger)
    url = f"tls://127.0.0.1:{tls_server.port}"
    for ca_file in (stranger, None):
        assert await fault_of(Access(url, ca_file=ca_file)) == (
            f"the NATS server at 127.0.0.1:{tls_server.port} cannot be reached (its certificate "
            "was refused: unable to get local issuer certificate; name who signed it with a CA "
            "file)"
        )


async def test_a_worker_says_so_in_its_log(
    tls_server: NatsServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker that trusts another authority says once, not at each try, what is wrong."""
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(stranger)
    tls_log = tls_server.folder / "log"
    async with working(f"tls://127.0.0.1:{tls_server.port}", stranger):
        await until(lambda: tls_log.read_text().count("TLS handshake error") >= 3)
        tries = [r.getMessage() for r in caplog.records if "was refused" in r.getMessage()]
    assert len(tries) == 1
    assert f"NATS at 127.0.0.1:{tls_server.port}: its certificate was refused" in tries[0]


async def test_a_certificate_for_another_name_is_refused(
    tls_server: NatsServer, ca_file: Path
) -> None:
    """A certificate counts for the server that it names."""
    fault = await fault_of(Access(f"tls://localhost:{tls_server.port}", ca_file=ca_file))
    assert "its certificate was refused: Hostname mismatch" in fault


async def test_a_ca_file_that_is_none(tls_server: NatsServer, tmp_path: Path) -> None:
    """What is wrong with the file is said; the bot can be stopped all the same."""
    damaged = tmp_path / "damaged.pem"
    damaged.write_text("no certificate")
    url = f"tls://127.0.0.1:{tls_server.port}"
    assert "certificate" in await fault_of(Access(url, ca_file=damaged))
    assert "No such file" in await fault_of(Access(url, ca_file=tmp_path / "none.pem"))


@pytest.mark.parametrize(("scheme", "with_ca"), [("tls", True), ("tls", False), ("nats", True)])
async def test_no_token_without_tls(
    nats_server: NatsServer, ca_file: Path, scheme: str, with_ca: bool
) -> None:
    """Where TLS was asked for and a server offers none, the token stays here."""
    url = f"{scheme}://127.0.0.1:{nats_server.port}"
    fault = await fault_of(Access(url, "s3cret", ca_file=ca_file if with_ca else None))
    assert "it offers no TLS, which tls:// or a CA file requires" in fault


async def test_a_stalled_connection_is_replaced(tls_server: NatsServer, ca_file: Path) -> None:
    """A bot does not wait for the farewell of a connection on which nothing comes any more."""
    async with (
        bad_network(tls_server.port) as network,
        nats_executor(network.url, ca_file) as executor,
    ):
        await until(lambda: executor.fault == "no worker is connected")
        network.stall()
        await until(lambda: network.connections == 2 and "cannot" not in (executor.fault or ""))


async def test_a_certificate_that_is_put_right(
    tls_server: NatsServer, ca_file: Path, tmp_path: Path
) -> None:
    """A server that comes back with another's certificate is refused until it has its own again."""
    file = tmp_path / "server.pem"
    own = file.read_bytes()
    url = f"tls://127.0.0.1:{tls_server.port}"
    async with nats_executor(url, ca_file) as executor:
        await until(lambda: executor.fault == "no worker is connected")
        trustme.CA().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(file)
        tls_server.kill()
        tls_server.start()
        await until(lambda: "its certificate was refused" in (executor.fault or ""))
        file.write_bytes(own)
        tls_server.kill()
        tls_server.start()
        await until(lambda: executor.fault == "no worker is connected")
