"""A client for a NATS object store that needs few requests.

The layout is the standard one (ADR-20), readable by every client: chunks, and a message with their
description. We do not use nats-py's own client for three reasons: it makes three or four requests
for each operation and leaves a tombstone for a deleted object; its `get` copies everything received
so far for each chunk, so that 217 MB (a checkpoint at 1024 pixels) took 78 s instead of 0.7; and it
waits for ever for a missing chunk.
"""

import base64
import hashlib
import itertools
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from nats.js import JetStreamContext, api
from nats.js.errors import DigestMismatchError, NotFoundError
from nats.js.kv import MSG_ROLLUP_SUBJECT
from nats.nuid import NUID

SMALL_CHUNK = 128 * 1024  # bytes; the default of other clients
LENGTHS = "Lengths"  # a header: the number of bytes of each file in the object


class Objects:
    """The objects of one bucket. An object holds one or more files, concatenated.

    The parts of a name have letters, digits, - and _, and are separated by /.
    """

    def __init__(self, streams: JetStreamContext, bucket: str) -> None:
        self._streams = streams
        self._bucket = bucket
        self._stream = f"OBJ_{bucket}"
        self._nuid = NUID()

    async def write(self, name: str, files: Sequence[bytes], chunk: int = SMALL_CHUNK) -> int:
        """Store an object in chunks of `chunk` bytes, in place of an older one of that name.

        The older one's chunks remain. Returns the number of the new one's first message, with which
        `remove_older` deletes them.
        """
        data = memoryview(b"".join(files))
        # A new subject for each write, so that chunks of an interrupted one are not mixed in.
        nuid = f"{_tokens(name)}.{self._nuid.next().decode()}"
        digest, numbers = hashlib.sha256(), []
        try:
            for start in range(0, len(data), chunk):
                part = bytes(data[start : start + chunk])
                digest.update(part)
                ack = await self._streams.publish(self._chunk_subject(nuid), part)
                numbers.append(ack.seq)
            info = api.ObjectInfo(
                name=name,
                bucket=self._bucket,
                nuid=nuid,
                size=len(data),
                mtime=datetime.now(UTC).isoformat(),
                chunks=len(numbers),
                digest=_digest_text(digest.digest()),
                headers={LENGTHS: [str(len(file)) for file in files]},
                options=api.ObjectMetaOptions(max_chunk_size=chunk),
            )
            ack = await self._streams.publish(
                self._description_subject(name),
                json.dumps(info.as_dict()).encode(),
                headers={api.Header.ROLLUP: MSG_ROLLUP_SUBJECT},
            )
        except Exception:
            # A server with a full disk answers no write, but it does purge.
            await self._streams.purge_stream(self._stream, subject=self._chunk_subject(nuid))
            raise
        return numbers[0] if numbers else ack.seq

    async def read(self, name: str) -> list[bytes]:
        """Read the files of an object.

        Raises NotFoundError when a part of it is missing, DigestMismatchError when it is damaged.
        """
        description = await self._streams.get_msg(
            self._stream, subject=self._description_subject(name), direct=True
        )
        try:
            info = api.ObjectInfo.from_response(json.loads(description.data or b""))
            lengths = [int(length) for length in (info.headers or {}).get(LENGTHS, ())]
        except (ValueError, TypeError, AttributeError) as error:  # not written by us
            raise NotFoundError from error
        data, digest = bytearray(), hashlib.sha256()
        position = 1  # sequence number from which to look for the next chunk
        for _ in range(info.chunks or 0):
            chunk = await self._streams.get_msg(
                self._stream, position, self._chunk_subject(info.nuid), direct=True, next=True
            )
            if chunk.seq is None or chunk.data is None:
                raise NotFoundError
            position = chunk.seq + 1
            digest.update(chunk.data)
            data += chunk.data
        if data and (info.digest or "").lower() != _digest_text(digest.digest()).lower():
            raise DigestMismatchError
        ends = itertools.accumulate(lengths or [len(data)])
        return [bytes(data[start:end]) for start, end in itertools.pairwise([0, *ends])]

    async def remove(self, name: str) -> None:
        """Delete an object, if it exists."""
        await self._streams.purge_stream(self._stream, subject=self._description_subject(name))
        await self._purge_chunks(name)

    async def remove_older(self, name: str, first: int) -> None:
        """Delete the chunks of older objects of that name. `first` is what `write` returned."""
        await self._purge_chunks(name, first)

    async def _purge_chunks(self, name: str, before: int | None = None) -> None:
        subject = self._chunk_subject(f"{_tokens(name)}.>")
        await self._streams.purge_stream(self._stream, seq=before, subject=subject)

    def _chunk_subject(self, nuid: str) -> str:
        return f"$O.{self._bucket}.C.{nuid}"

    def _description_subject(self, name: str) -> str:
        return f"$O.{self._bucket}.M.{base64.urlsafe_b64encode(name.encode()).decode()}"


def _tokens(name: str) -> str:
    """Turn a name into tokens of a subject, so that its chunks can be purged by it."""
    return name.replace("/", ".")


def _digest_text(sha256: bytes) -> str:
    return f"SHA-256={base64.urlsafe_b64encode(sha256).decode()}"
