"""The settings: defaults, then a TOML file, then environment variables, each overriding the last.

The variable of a setting is `MURALSCAPE_` and its path with `__` between levels, so
`limits.pixels` is `MURALSCAPE_LIMITS__PIXELS`; lists are words with
commas between, or JSON. All faults are reported at once.
"""

import difflib
import ipaddress
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from engine.motion.clip import LARGEST_SIDE, MOST_FRAMES, MOST_SECONDS

ENV_PREFIX = "MURALSCAPE_"
CONFIG_VARIABLE = "MURALSCAPE_CONFIG"  # the path of the TOML file; the commands read it
MIB = 1024 * 1024
DATABASES = ("sqlite", "sqlite+aiosqlite", "postgresql", "postgresql+asyncpg")


class SettingsError(ValueError):
    """The settings are invalid. `faults` has a sentence for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def _list_from_text(value: object) -> object:
    """Read a list out of an environment variable; a TOML list passes through.

    Words between commas, which need no quotes in a shell and in an env file, or JSON.
    """
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [word.strip() for word in value.split(",") if word.strip()]
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        raise ValueError("write a list as words with commas between, or as JSON") from None


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write an address that begins with https:// or http://")
    return value.rstrip("/")


def _web_address_or_none(value: str) -> str:
    return _web_address(value) if value else value


def _loopback_address(value: str) -> str:
    """Accept an address on this machine: pictures are not sent anywhere else."""
    if not value:
        return value
    host = urlsplit(_web_address(value)).hostname or ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    if not here:
        raise ValueError("write an address of this machine, such as http://127.0.0.1:9000/check")
    return value


def _database_url(value: str) -> str:
    """Accept what the bot has a driver for; a host's `postgres://` is SQLAlchemy's postgresql."""
    if not value:
        return value
    value = re.sub("^postgres://", "postgresql://", value)
    try:
        driver = make_url(value).drivername
    except (ArgumentError, ValueError):
        driver = ""
    if driver not in DATABASES:
        raise ValueError(
            "write an address such as postgresql://user:password@host/database, or leave it out "
            "for SQLite"
        )
    return value


def _none_if_empty(value: object) -> object:
    """An empty variable, as a compose file passes it on, is as good as none."""
    return None if value == "" else value


OptionalPath = Annotated[Path | None, BeforeValidator(_none_if_empty)]


def _single_word(value: SecretStr) -> SecretStr:
    token = value.get_secret_value().strip()
    if not token or any(letter.isspace() or ord(letter) < 32 for letter in token):
        raise ValueError("a token is one word without spaces; copy it again")
    return SecretStr(token)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class DiscordSettings(_Section):
    """How to reach Discord."""

    token: Annotated[
        Annotated[SecretStr, AfterValidator(_single_word)] | None, BeforeValidator(_none_if_empty)
    ] = None
    token_file: OptionalPath = None  # read when the token is not in the environment
    api_base: Annotated[str, AfterValidator(_web_address)] = "https://discord.com/api/v10"
    cdn_base: Annotated[str, AfterValidator(_web_address)] = "https://cdn.discordapp.com"
    attachment_hosts: Annotated[tuple[str, ...], BeforeValidator(_list_from_text)] = (
        "cdn.discordapp.com",
        "media.discordapp.net",
    )
    shard_id: Annotated[int, Field(ge=0)] = 0
    shard_count: Annotated[int, Field(ge=1, le=1000)] = 1  # bots that share one database


class EngineSettings(_Section):
    """The weights and the device to paint with."""

    weights: str = "auto"  # or a file of VGG-19 weights
    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")] = "auto"
    precision: Literal["auto", "fp16", "bf16", "fp32", "tf32"] = "auto"


class NatsSettings(_Section):
    """Workers on other machines, over a NATS server with JetStream."""

    url: str = ""  # empty: everything is painted here
    token: Annotated[SecretStr | None, BeforeValidator(_none_if_empty)] = None
    token_file: OptionalPath = None  # read when the token is not in the environment
    nkey_file: OptionalPath = None  # the seed of the bot's own NKey
    ca_file: OptionalPath = None  # certificate authorities that may sign the server's certificate
    paint_here: bool = True  # on this machine too


class WebSettings(_Section):
    """Where the bot's own pages are served."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    # of health and metrics; None: with the other pages, and for this machine alone
    admin_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    # the address of the gallery and of full paintings; empty: no links to full paintings
    public_url: Annotated[str, AfterValidator(_web_address_or_none)] = ""
    link_days: Annotated[float, Field(gt=0, le=365)] = 7.0  # until a link to a painting expires


class LimitSettings(_Section):
    """Limits of uploads, jobs, sizes and times."""

    attachment_bytes: Annotated[int, Field(ge=1024)] = 25 * MIB
    pixels: Annotated[int, Field(ge=64 * 64)] = 50_000_000  # of an uploaded picture
    largest_size: Annotated[int, Field(ge=32, le=8192)] = 1024  # long side of a painting
    usual_size: Annotated[int, Field(ge=32, le=8192)] = 512  # caps the preset's size
    # of films that are painted from moving pictures; 0 seconds: those are painted as stills
    film_seconds: Annotated[float, Field(ge=0, le=MOST_SECONDS)] = MOST_SECONDS
    film_frames: Annotated[int, Field(ge=2, le=MOST_FRAMES)] = MOST_FRAMES
    film_pixels: Annotated[int, Field(ge=64 * 64)] = 8_300_000  # of each uploaded frame
    film_size: Annotated[int, Field(ge=32, le=LARGEST_SIDE)] = 384  # long side of a painted frame
    film_minutes: Annotated[float, Field(gt=0)] = 10.0  # of painting
    mural_tile: Annotated[int, Field(ge=64, le=1024)] = 512  # side of a tile of a mural
    mural_claim_minutes: Annotated[float, Field(gt=0, le=10_080)] = 60.0
    download_seconds: Annotated[float, Field(gt=0, le=600)] = 20.0  # for one attachment
    jobs_per_member: Annotated[int, Field(ge=1)] = 5  # queued or painting at a time
    jobs_per_guild: Annotated[int, Field(ge=1)] = 50
    jobs_per_person: Annotated[int, Field(ge=1)] = 10  # of one member, over all servers
    jobs_in_all: Annotated[int, Field(ge=1)] = 500
    # of stored pictures, paintings and time-lapses
    member_bytes: Annotated[int, Field(ge=MIB)] = 512 * MIB  # of a member, in one server
    guild_bytes: Annotated[int, Field(ge=MIB)] = 5 * 1024 * MIB  # of a server
    stored_bytes: Annotated[int, Field(ge=MIB)] = 50 * 1024 * MIB  # of all servers
    saved_styles: Annotated[int, Field(ge=1)] = 100  # in a server's library
    outside_jobs_per_user: Annotated[int, Field(ge=0)] = 2  # outside of servers; 0: none
    outside_jobs: Annotated[int, Field(ge=0)] = 10  # outside of servers, of all users
    outside_largest_size: Annotated[int, Field(ge=32, le=8192)] = 512  # outside of servers
    retention_days: Annotated[float, Field(gt=0)] = 30.0  # until jobs and pictures are deleted
    departed_days: Annotated[float, Field(ge=0)] = 7.0  # until a left server's data is deleted
    shutdown_seconds: Annotated[float, Field(ge=0, le=600)] = 20.0  # to finish paintings


class PictureCheckSettings(_Section):
    """The host's own check of the pictures that members send: a command, or a page."""

    command: Annotated[tuple[str, ...], BeforeValidator(_list_from_text)] = ()
    url: Annotated[str, AfterValidator(_loopback_address)] = ""
    seconds: Annotated[float, Field(gt=0, le=300)] = 10.0  # for an answer
    on_failure: Literal["refuse", "allow"] = "refuse"  # where there is no answer
    at_a_time: Annotated[int, Field(ge=1, le=64)] = 2  # pictures

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.command and self.url:
            raise ValueError("give either command or url, not both")
        return self


class LogSettings(_Section):
    """The level and format of the log."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "text", "json"] = "auto"  # auto: text on a terminal, else JSON


class Settings(BaseSettings):
    """All settings. `config.example.toml` explains each."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        enable_decoding=False,  # so that broken JSON is a fault like any other
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Path("data")
    database_url: Annotated[str, AfterValidator(_database_url)] = ""  # empty: SQLite in data_dir
    discord: DiscordSettings = DiscordSettings()
    engine: EngineSettings = EngineSettings()
    nats: NatsSettings = NatsSettings()
    web: WebSettings = WebSettings()
    limits: LimitSettings = LimitSettings()
    picture_check: PictureCheckSettings = PictureCheckSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, which `load` passes in."""
        return env_settings, init_settings

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database, with the default filled in."""
        if self.database_url:
            return self.database_url
        return f"sqlite+aiosqlite:///{self.data_dir.absolute() / 'muralscape.db'}"


def load(path: Path | None = None, *, token_required: bool = False) -> Settings:
    """Read the settings from a TOML file (if any) and the environment.

    Raises SettingsError with a sentence for every fault found.
    """
    written, faults = _read_toml(path)
    if "token" in _table(written.get("discord")):
        _table(written["discord"]).pop("token")
        faults.append(
            f"discord.token (from {path}): a token does not belong in this file; put it in "
            f"the environment as {ENV_PREFIX}DISCORD__TOKEN or in a file named by "
            "discord.token_file"
        )
    faults += _unknown_variables(os.environ)
    settings = None
    try:
        settings = Settings(**written)
    except ValidationError as error:
        faults += [_in_words(fault, path) for fault in error.errors(include_url=False)]
    if settings is not None:
        settings, token_faults = _with_tokens(settings, token_required)
        faults += [*token_faults, *_shard_faults(settings)]
    if faults or settings is None:
        raise SettingsError(faults)
    return settings


def _read_toml(path: Path | None) -> tuple[dict[str, Any], list[str]]:
    if path is None:
        return {}, []
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), []
    except FileNotFoundError:
        return {}, [f"{path}: there is no such file"]
    except (OSError, UnicodeDecodeError) as error:
        return {}, [f"{path}: {unreadable(error)}"]
    except tomllib.TOMLDecodeError as error:
        return {}, [f"{path}: is not valid TOML ({error})"]


def _with_tokens(settings: Settings, required: bool) -> tuple[Settings, list[str]]:
    """Read tokens from their files where those are named; also give the faults."""
    faults: list[str] = []
    for name in ("discord", "nats"):
        section: DiscordSettings | NatsSettings = getattr(settings, name)
        if section.token is not None or section.token_file is None:
            continue
        try:
            token = SecretStr(section.token_file.read_text(encoding="utf-8"))
            read = section.model_copy(update={"token": _single_word(token)})
            settings = settings.model_copy(update={name: read})
        except (OSError, ValueError) as error:
            faults.append(f"{name}.token_file ({section.token_file}): {unreadable(error)}")
    if required and settings.discord.token is None and not faults:
        faults.append(
            f"discord.token: is missing; put the bot's token in the environment as "
            f"{ENV_PREFIX}DISCORD__TOKEN or in a file named by discord.token_file"
        )
    for file in (settings.nats.nkey_file, settings.nats.ca_file):
        if file is not None:
            try:
                file.read_bytes()
            except OSError as error:
                faults.append(f"{file}: {unreadable(error)}")
    return settings, faults


def unreadable(error: OSError | ValueError) -> str:
    """Say why a secret's file cannot be read, and what to do."""
    match error:
        case PermissionError():
            return f"user {os.getuid()} may not read it; make it readable for that user alone"
        case OSError():
            return f"cannot be read ({error.strerror})"
        case UnicodeDecodeError():
            return "cannot be read (it is no text)"
    return str(error)


def _shard_faults(settings: Settings) -> list[str]:
    shard, count = settings.discord.shard_id, settings.discord.shard_count
    if shard >= count:
        return [f"discord.shard_id: is {shard}, but the shards are numbered from 0 to {count - 1}"]
    if count > 1 and not settings.database.startswith("postgresql"):
        return ["discord.shard_count: several bots share a PostgreSQL database; set database_url"]
    return []


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def names(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield each setting's dotted name and its default."""
    for name, field in model.model_fields.items():
        if isinstance(field.default, _Section):
            yield from names(type(field.default), f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field.default


def _unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Report MURALSCAPE_ variables that name no top-level setting.

    The models themselves report unknown settings of the sections.
    """
    faults = []
    for variable in sorted(environ):
        if variable.upper().startswith(ENV_PREFIX) and variable != CONFIG_VARIABLE:
            name = variable[len(ENV_PREFIX) :].lower().replace("__", ".")
            if name.split(".")[0] not in Settings.model_fields:
                faults.append(f"{name} (from the environment's {variable}): {_no_such(name)}")
    return faults


def _no_such(name: str) -> str:
    close = difflib.get_close_matches(name, [known for known, _ in names()], 1)
    return "there is no such setting" + (f"; did you mean {close[0]}?" if close else "")


def _in_words(fault: ErrorDetails, path: Path | None) -> str:
    """Turn a pydantic error into a line: the setting, its source, the fault.

    The value is left out, because it may be a secret.
    """
    # a field that takes two types has the failed branch's name, such as function-after[...], last
    parts = [str(part) for part in fault["loc"] if not str(part).startswith("function-")]
    name = ".".join(parts)
    variable = next((v for v in os.environ if v.upper() in _spellings(parts)), None)
    origin = f"the environment's {variable}" if variable else str(path)
    if fault["type"] == "extra_forbidden":
        return f"{name} (from {origin}): {_no_such(name)}"
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{name} (from {origin}): {message[0].lower()}{message[1:]}"


def _spellings(parts: list[str]) -> list[str]:
    """List the environment variables that can hold a setting or the table around it."""
    paths = [parts[:depth] for depth in range(1, len(parts) + 1)]
    return [ENV_PREFIX + "__".join(path).upper() for path in paths]
