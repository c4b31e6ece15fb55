"""Reads the settings: defaults, then a TOML file, then environment variables, each over the last.

All faults are reported at once.
"""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from bot.settings import (
    ENV_PREFIX,
    DiscordSettings,
    NatsSettings,
    Section,
    Settings,
    single_word,
)

CONFIG_VARIABLE = "MURALSCAPE_CONFIG"  # the path of the TOML file; the commands read it


class SettingsError(ValueError):
    """The settings are invalid. `faults` has a sentence for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


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
            read = section.model_copy(update={"token": single_word(token)})
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
            return "cannot be read (it is not text)"
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
        if isinstance(field.default, Section):
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
