"""Writes an export as JSON files of bounded size."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_TAIL = 1024  # bytes: more than what ends a file


class ExportFiles:
    """JSON files in `folder`, each whole in itself, with at most `most_bytes` bytes.

    Each is an object with the member's id and lists of rows, a line for each row. A list that does
    not fit goes on in the next file under the same name. The methods wait for the disk.
    """

    def __init__(self, folder: Path, member_id: int, most_bytes: int) -> None:
        self._folder = folder
        self._head = f'{{\n"member_id": {member_id}'.encode()
        self._most_bytes = most_bytes
        self._list: str | None = None
        self._rows = 0  # of the list in this file
        self.files: list[Path] = []
        self._begin_file()

    def begin(self, name: str) -> None:
        """Begin a list."""
        self._end_list()
        self._write(f",\n{json.dumps(name)}: [".encode())
        self._list, self._rows = name, 0

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows to the list."""
        for row in rows:
            line = json.dumps(row, ensure_ascii=False).encode()
            if self._rows and self._file.tell() + len(line) + _TAIL > self._most_bytes:
                self._begin_file()
            self._write((b",\n" if self._rows else b"\n") + line)
            self._rows += 1

    def close(self) -> None:
        """End the last file."""
        self._end_list()
        self._write(b"\n}\n")
        self._file.close()

    def release(self) -> None:
        """Close the last file, whole or not: an export may be cancelled."""
        self._file.close()

    def _begin_file(self) -> None:
        name = self._list
        if self.files:
            self.close()
        self.files.append(self._folder / f"{len(self.files) + 1}.json")
        self._file = self.files[-1].open("wb")
        self._write(self._head)
        if name is not None:
            self.begin(name)

    def _end_list(self) -> None:
        if self._list is not None:
            self._write(b"\n]" if self._rows else b"]")
        self._list = None

    def _write(self, data: bytes) -> None:
        self._file.write(data)
