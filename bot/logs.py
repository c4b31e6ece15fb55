"""Logging: the job's id on every record, text for people or JSON for machines, secrets masked."""

import json
import logging
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

_job: ContextVar[str | None] = ContextVar("muralscape_job", default=None)

MASK = "***"
MOST_LINES = 300  # a minute, of one place in the source
MINUTE = 60.0

# Each keeps its first group and loses the rest.
_SECRETS = (
    # a bot token: three dot-separated base64 words
    re.compile(r"()\b[\w-]{23,30}\.[\w-]{6,7}\.[\w-]{27,}"),
    # an interaction's token lets anybody answer in the bot's name for 15 minutes
    re.compile(r"((?:webhooks|interactions)/\d+/)[\w.-]{16,}"),
    # ex, is and hm sign an attachment's address on Discord's CDN, signature one of our own pages
    re.compile(r"([?&](?:ex|is|hm|signature)=)[0-9a-fA-F]+"),
)


@contextmanager
def about_job(job_id: str) -> Iterator[None]:
    """Put a job's id on every record logged inside, also by tasks started inside."""
    before = _job.set(job_id)
    try:
        yield
    finally:
        _job.reset(before)


class MaskingFormatter(logging.Formatter):
    """Formats a record, traceback included, and masks secrets in the finished text."""

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._secrets = tuple(secret for secret in secrets if secret)

    def format(self, record: logging.LogRecord) -> str:
        """Format the record and mask it."""
        text = self.lay_out(record, datetime.fromtimestamp(record.created, UTC))
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        for pattern in _SECRETS:
            text = pattern.sub(rf"\g<1>{MASK}", text)
        return text

    def lay_out(self, record: logging.LogRecord, when: datetime) -> str:
        """Write one line for people, then the traceback if there is one."""
        job = getattr(record, "job", None)
        about = f" [{job}]" if job else ""
        line = (
            f"{when.astimezone():%H:%M:%S} {record.levelname.lower():7} "
            f"{record.name}{about}: {record.getMessage()}"
        )
        if note := getattr(record, "note", None):
            line += f" ({note})"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(MaskingFormatter):
    """One JSON object per line."""

    def lay_out(self, record: logging.LogRecord, when: datetime) -> str:
        """Write the record as JSON; `job`, `note`, `exception` only where there are any."""
        fields = {
            "time": when.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if job := getattr(record, "job", None):
            fields["job"] = job
        if note := getattr(record, "note", None):
            fields["note"] = note
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False)


class FloodFilter(logging.Filter):
    """Drops records of a place in the source that has logged too often within a minute.

    It keeps an attacker from filling the disk with the bot's log. The last line before the gap and
    the first one after it say that lines are missing.
    """

    def __init__(self, most: int = MOST_LINES) -> None:
        super().__init__()
        self._most = most
        self._counts: Counter[tuple[str, int]] = Counter()
        self._dropped: Counter[tuple[str, int]] = Counter()
        self._until = 0.0  # Unix seconds

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether to log a record."""
        if not self._until - MINUTE <= record.created < self._until:
            self._until = record.created + MINUTE
            self._dropped = self._counts - Counter(dict.fromkeys(self._counts, self._most))
            self._counts.clear()
        place = record.pathname, record.lineno
        self._counts[place] += 1
        if self._counts[place] > self._most:
            return False
        if self._counts[place] == self._most:
            record.note = "more lines like this are left out for up to a minute"
        elif dropped := self._dropped.pop(place, 0):
            record.note = f"{dropped} lines like this were left out"
        return True


def _stamp_job(record: logging.LogRecord) -> bool:
    record.job = _job.get()
    return True


def handler(
    form: str, secrets: tuple[str, ...] = (), stream: TextIO | None = None
) -> logging.Handler:
    """Make a handler that writes to `stream` (standard error).

    `form` is "text", "json" or "auto": text on a terminal, JSON elsewhere.
    """
    stream = stream or sys.stderr
    made = logging.StreamHandler(stream)
    made.addFilter(_stamp_job)
    made.addFilter(FloodFilter())
    as_text = form == "text" or (form == "auto" and stream.isatty())
    made.setFormatter(MaskingFormatter(secrets) if as_text else JsonFormatter(secrets))
    return made


def set_up(level: str, form: str, secrets: tuple[str, ...] = ()) -> None:
    """Send all logging of the process through one masked handler."""
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler(form, secrets))
    root.setLevel(level.upper())
    # one line for every request and every SQL statement: too much even for debugging our own
    for noisy in ("discord.http", "discord.gateway", "discord.webhook.async_", "aiosqlite", "PIL"):
        logging.getLogger(noisy).setLevel(max(logging.INFO, root.level))
