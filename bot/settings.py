"""The settings, their defaults, and what values they take; `settings_loader` reads them.

The variable of a setting is `MURALSCAPE_` and its path with `__` between levels: `limits.pixels` is
`MURALSCAPE_LIMITS__PIXELS`. Lists are words with commas between, or JSON.
"""

import ipaddress
import json
import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from engine.motion.clip import LARGEST_SIDE, MOST_FRAMES, MOST_SECONDS

ENV_PREFIX = "MURALSCAPE_"
MIB = 1024 * 1024
DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")
DATABASES = ("sqlite", "sqlite+aiosqlite", "postgresql", "postgresql+asyncpg")


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


def _devices(value: tuple[str, ...]) -> tuple[str, ...]:
    """Accept what `engine.device.choose_device` knows; whether it is there, the engine says."""
    if not value:
        raise ValueError("name at least one device, such as auto")
    if not all(map(DEVICE.fullmatch, value)):
        raise ValueError("write auto, cpu, or a card such as cuda:0; several as a list")
    return value


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write an address that begins with https:// or http://")
    return value.rstrip("/")


def _web_address_or_none(value: str) -> str:
    return _web_address(value) if value else value


def nats_address(value: str) -> str:
    """Accept a server's address; a host alone is one without TLS. Raises ValueError."""
    address = value if "://" in value else f"nats://{value}"
    try:
        parts = urlsplit(address)
        fits = parts.scheme in ("nats", "tls", "ws", "wss") and parts.hostname and parts.port != 0
    except ValueError:  # of a port that is no number
        fits = False
    if not fits:
        raise ValueError("write an address such as tls://nats.example:4222")
    return address


def _nats_address_or_none(value: str) -> str:
    return nats_address(value) if value else value


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
    """Take an empty variable for a missing one: compose files pass missing ones on as empty."""
    return None if value == "" else value


OptionalPath = Annotated[Path | None, BeforeValidator(_none_if_empty)]


def single_word(value: SecretStr) -> SecretStr:
    """Accept a token, without the white space around it. Raises ValueError."""
    token = value.get_secret_value().strip()
    if not token or any(letter.isspace() or ord(letter) < 32 for letter in token):
        raise ValueError("a token is one word without spaces; copy it again")
    return SecretStr(token)


class Section(BaseModel):
    """A table of the TOML file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class DiscordSettings(Section):
    """How to reach Discord."""

    token: Annotated[
        Annotated[SecretStr, AfterValidator(single_word)] | None, BeforeValidator(_none_if_empty)
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


class EngineSettings(Section):
    """The weights and the devices to paint with."""

    weights: str = "auto"  # or a file of VGG-19 weights
    # one engine process for each; the same one twice makes two paintings at a time
    device: Annotated[
        tuple[str, ...], BeforeValidator(_list_from_text), AfterValidator(_devices)
    ] = ("auto",)
    precision: Literal["auto", "fp16", "bf16", "fp32", "tf32"] = "auto"


class NatsSettings(Section):
    """Workers on other machines, over a NATS server with JetStream."""

    # empty: everything is painted here
    url: Annotated[str, AfterValidator(_nats_address_or_none)] = ""
    token: Annotated[SecretStr | None, BeforeValidator(_none_if_empty)] = None
    token_file: OptionalPath = None  # read when the token is not in the environment
    nkey_file: OptionalPath = None  # the seed of the bot's own NKey
    ca_file: OptionalPath = None  # certificate authorities that may sign the server's certificate
    paint_here: bool = True  # on this machine too


class WebSettings(Section):
    """Where the bot's own pages are served."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    # of health and metrics; None: with the other pages, and for this machine alone
    admin_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    # the address of the gallery and of full paintings; empty: no links to full paintings
    public_url: Annotated[str, AfterValidator(_web_address_or_none)] = ""
    link_days: Annotated[float, Field(gt=0, le=365)] = 7.0  # until a link to a painting expires


class LimitSettings(Section):
    """Limits of uploads, jobs, sizes and times; app/from_settings.py hands them to the bot."""

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


class PictureCheckSettings(Section):
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


class LogSettings(Section):
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
    def secrets(self) -> tuple[str, ...]:
        """The secrets of all sections, so that the log can mask them."""
        sections = [vars(one) for one in vars(self).values() if isinstance(one, BaseModel)]
        values = [value for section in sections for value in section.values()]
        return tuple(one.get_secret_value() for one in values if isinstance(one, SecretStr))

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database, with the default filled in."""
        if self.database_url:
            return self.database_url
        return f"sqlite+aiosqlite:///{self.data_dir.absolute() / 'muralscape.db'}"
