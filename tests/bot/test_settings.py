"""The settings tree: sources, faults in words, and the example file."""

import os
import tomllib
from pathlib import Path

import pytest

from bot.settings import DATABASES, Settings
from bot.settings_loader import SettingsError, load, names, unreadable
from bot.storage.database import DRIVERS

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TOKEN = "c2VjcmV0.not-a-real.token"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in list(os.environ):
        if variable.startswith("MURALSCAPE_"):
            monkeypatch.delenv(variable)


def _faults(path: Path | None = None, *, token_required: bool = False) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(path, token_required=token_required)
    return caught.value.faults


def test_defaults_and_environment_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token in the environment is all that a start needs."""
    monkeypatch.setenv("MURALSCAPE_DISCORD__TOKEN", TOKEN)
    settings = load(token_required=True)
    assert settings.discord.token is not None
    assert settings.discord.token.get_secret_value() == TOKEN
    assert settings.database.startswith("sqlite+aiosqlite:///")
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 8080)


def test_environment_wins_over_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment wins over the file, setting by setting."""
    file = tmp_path / "config.toml"
    file.write_text('[limits]\npixels = 10000\njobs_per_guild = 7\n[web]\nhost = "::1"\n')
    monkeypatch.setenv("MURALSCAPE_LIMITS__PIXELS", "20000")
    monkeypatch.setenv("MURALSCAPE_DISCORD__ATTACHMENT_HOSTS", '["127.0.0.1:9"]')
    settings = load(file)
    assert settings.limits.pixels == 20000
    assert settings.limits.jobs_per_guild == 7
    assert settings.web.host == "::1"
    assert settings.discord.attachment_hosts == ("127.0.0.1:9",)


@pytest.mark.parametrize("text", ['["a", "b:9"]', "a, b:9", "a,b:9,"])
def test_lists(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A list is JSON, or words with commas between, which need no quotes in a shell."""
    monkeypatch.setenv("MURALSCAPE_DISCORD__ATTACHMENT_HOSTS", text)
    assert load().discord.attachment_hosts == ("a", "b:9")


@pytest.mark.parametrize(
    ("written", "devices"),
    [
        ('"auto"', ("auto",)),
        ('["cuda:0", "cuda:1"]', ("cuda:0", "cuda:1")),
        ('["cpu", "cpu"]', ("cpu", "cpu")),
    ],
)
def test_devices(tmp_path: Path, written: str, devices: tuple[str, ...]) -> None:
    """A device stands alone or in a list, in which it may stand twice."""
    file = tmp_path / "config.toml"
    file.write_text(f"[engine]\ndevice = {written}\n")
    assert load(file).engine.device == devices


def test_devices_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words with commas; none at all, or one that is no device, is a fault in words."""
    monkeypatch.setenv("MURALSCAPE_ENGINE__DEVICE", "cuda:0, cuda:0")
    assert load().engine.device == ("cuda:0", "cuda:0")
    origin = "engine.device (from the environment's MURALSCAPE_ENGINE__DEVICE)"
    for text, fault in {
        "": "name at least one device, such as auto",
        "[]": "name at least one device, such as auto",
        "cuda:0 cuda:1": "write auto, cpu, or a card such as cuda:0; several as a list",
    }.items():
        monkeypatch.setenv("MURALSCAPE_ENGINE__DEVICE", text)
        assert _faults() == [f"{origin}: {fault}"]


def test_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """`postgres://` is PostgreSQL's; a database without a driver of ours is a fault."""
    monkeypatch.setenv("MURALSCAPE_DATABASE_URL", "postgres://bot@db/muralscape")
    assert load().database == "postgresql://bot@db/muralscape"
    assert {*DATABASES} == {*DRIVERS, *DRIVERS.values()}
    for url in ("mysql://bot@db/muralscape", "postgresql://bot@db:port/m", "nonsense"):
        monkeypatch.setenv("MURALSCAPE_DATABASE_URL", url)
        with pytest.raises(SettingsError, match="write an address such as postgresql://"):
            load()


def test_shards(tmp_path: Path) -> None:
    """A shard that does not exist is a fault, and so are several on SQLite."""
    file = tmp_path / "config.toml"
    file.write_text("[discord]\nshard_id = 2\nshard_count = 2\n")
    assert _faults(file) == ["discord.shard_id: is 2, but the shards are numbered from 0 to 1"]
    two = "[discord]\nshard_id = 1\nshard_count = 2\n"
    file.write_text(two)
    (fault,) = _faults(file)
    assert fault.startswith("discord.shard_count: several bots share a PostgreSQL database")
    file.write_text(f'database_url = "postgresql://bot@db/muralscape"\n{two}')
    assert load(file).discord.shard_id == 1


def test_all_faults_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fault has a line of its own that names the setting and where it came from."""
    file = tmp_path / "config.toml"
    file.write_text(
        "[limits]\npixel = 1\n"
        '[web]\nport = 99999\npublic_url = "murals.example"\n'
        '[engine]\ndevice = "gpu"\n'
        '[nats]\nurl = "http://nats.example"\n'
    )
    monkeypatch.setenv("MURALSCAPE_LIMITS__JOBS_PER_MEMBER", "many")
    monkeypatch.setenv("MURALSCAPE_DISCORD__ATTACHMENT_HOSTS", "[oops")
    monkeypatch.setenv("MURALSCAPE_DATADIR", "x")
    faults = _faults(file, token_required=True)
    starts = [
        "datadir (from the environment's MURALSCAPE_DATADIR): there is no such setting; "
        "did you mean data_dir?",
        "discord.attachment_hosts (from the environment's MURALSCAPE_DISCORD__ATTACHMENT_HOSTS): "
        "write a list",
        f"engine.device (from {file}): ",
        f"nats.url (from {file}): write an address such as tls://nats.example:4222",
        f"web.port (from {file}): input should be less than or equal to 65535",
        f"web.public_url (from {file}): write an address that begins with https://",
        "limits.jobs_per_member (from the environment's MURALSCAPE_LIMITS__JOBS_PER_MEMBER): "
        "input should be a valid integer",
        f"limits.pixel (from {file}): there is no such setting; did you mean limits.pixels?",
    ]
    assert len(faults) == len(starts)
    for start in starts:
        assert any(fault.startswith(start) for fault in faults), (start, faults)
    assert all("\n" not in fault for fault in faults)


def test_token_in_the_file_is_a_fault(tmp_path: Path) -> None:
    """A token written into config.toml is refused, and the sentence does not repeat it."""
    file = tmp_path / "config.toml"
    file.write_text(f'[discord]\ntoken = "{TOKEN}"\n')
    (fault,) = _faults(file)
    assert "MURALSCAPE_DISCORD__TOKEN" in fault
    assert TOKEN not in fault


def test_all_secrets_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever section a secret stands in, the log gets to know it."""
    monkeypatch.setenv("MURALSCAPE_DISCORD__TOKEN", TOKEN)
    monkeypatch.setenv("MURALSCAPE_NATS__TOKEN", "of-nats")
    assert load(token_required=True).secrets == (TOKEN, "of-nats")


def test_token_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token can come from a file; a trailing newline does not matter."""
    secret = tmp_path / "token"
    secret.write_text(TOKEN + "\n")
    monkeypatch.setenv("MURALSCAPE_DISCORD__TOKEN_FILE", str(secret))
    settings = load(token_required=True)
    assert settings.discord.token is not None
    assert settings.discord.token.get_secret_value() == TOKEN
    secret.write_text("two words")
    (fault,) = _faults()
    assert "one word" in fault
    assert "two words" not in fault
    secret.unlink()
    assert "cannot be read" in _faults()[0]


def test_empty_variables_are_as_good_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compose file passes empty variables on: beside a token file, they do not count."""
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "nats").write_text("another\n")
    for variable in ("DISCORD__TOKEN", "NATS__TOKEN", "NATS__NKEY_FILE", "NATS__CA_FILE"):
        monkeypatch.setenv(f"MURALSCAPE_{variable}", "")
    monkeypatch.setenv("MURALSCAPE_DISCORD__TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("MURALSCAPE_NATS__TOKEN_FILE", str(tmp_path / "nats"))
    settings = load(token_required=True)
    assert settings.discord.token is not None
    assert settings.nats.token is not None
    assert settings.nats.token.get_secret_value() == "another"
    assert settings.nats.ca_file is None
    monkeypatch.delenv("MURALSCAPE_DISCORD__TOKEN_FILE")
    assert _faults(token_required=True)[0].startswith("discord.token: is missing")


def test_a_secret_of_somebody_else(tmp_path: Path) -> None:
    """A secret that this user may not read is one sentence that names the user."""
    secret = tmp_path / "token"
    secret.write_text(TOKEN)
    assert unreadable(PermissionError(13, "Permission denied")).startswith(f"user {os.getuid()} ")
    config = tmp_path / "config.toml"
    config.write_text(f'[nats]\nca_file = "{tmp_path}"\n')
    assert _faults(config) == [f"{tmp_path}: cannot be read (Is a directory)"]


def test_missing_token_is_said_in_words() -> None:
    """Without a token the one fault says where to put it."""
    (fault,) = _faults(token_required=True)
    assert fault.startswith("discord.token: is missing")


def test_bad_files(tmp_path: Path) -> None:
    """A file that is missing or is no TOML is a fault, not a traceback."""
    assert "no such file" in _faults(tmp_path / "none.toml")[0]
    broken = tmp_path / "broken.toml"
    broken.write_text("data_dir = ")
    assert "not valid TOML" in _faults(broken)[0]
    broken.write_text("discord = 3")
    assert _faults(broken)[0].startswith(f"discord (from {broken}): ")


def test_token_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the settings' text nor a fault about the token shows it."""
    monkeypatch.setenv("MURALSCAPE_DISCORD__TOKEN", TOKEN)
    assert TOKEN not in repr(load())
    monkeypatch.setenv("MURALSCAPE_DISCORD__TOKEN", TOKEN + " and more")
    (fault,) = _faults()
    assert TOKEN not in fault
    assert fault.startswith("discord.token (from the environment's MURALSCAPE_DISCORD__TOKEN)")


def test_the_example_documents_every_setting() -> None:
    """config.example.toml names every setting, gives each its default and explains each."""
    text = EXAMPLE.read_text()
    written = tomllib.loads(text)
    assert load(EXAMPLE) == Settings()
    for name, default in names():
        section, _, key = name.rpartition(".")
        table = written[section] if section else written
        if default is None:
            assert key in text, f"{name} is not mentioned in {EXAMPLE.name}"
        else:
            assert key in table, f"{name} is not documented in {EXAMPLE.name}"
