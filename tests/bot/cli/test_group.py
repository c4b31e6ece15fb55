"""`muralscape` itself: its groups of subcommands, and options that are refused before anything."""

import pytest

from bot.cli import main


def run(*arguments: str) -> int | str | None:
    """Run the command in this process and return its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code


@pytest.mark.parametrize("group", [[], ["weights"], ["block"], ["db"]])
def test_a_group_alone_shows_its_help(group: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    """Without a subcommand the help is shown as `--help` shows it, and the exit code is 2."""
    assert run(*group) == 2
    shown = capfd.readouterr().err
    assert run(*group, "--help") == 0
    assert shown == capfd.readouterr().out


@pytest.mark.parametrize("address", ["", "http://h:4222", "nats://h:port", "nats://:4222"])
def test_a_server_that_cannot_be(address: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A worker does not wait for ever for a server that its address cannot name."""
    assert run("worker", "--nats", address) == 2
    assert "write an address such as tls://nats.example:4222" in capfd.readouterr().err
