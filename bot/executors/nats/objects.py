"""Objects in a NATS object store, with as few questions to the server as they can be had for.

They lie there as any client of NATS lays them down (ADR-20): chunks, and a message that describes
them. nats-py asks the server three or four times for each thing that is done with one, and leaves a
stone where one was. Its `get` copies all that it has for each chunk: 217 MB, a checkpoint at 1024
pixels, took it 78 s and take this 0.7. Where a chunk is not there any more, it waits for ever.
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

SMALL_CHUNK = 128 * 1024  # bytes; the usual size
LENGTHS = "Lengths"  # a header: how many bytes each of the files in an object has


class Objects:
    """The objects of one bucket. An object is one file or several, one after the other.

    Names are words of letters, digits, - and _, with / between them.
    """

    def __init__(self, streams: JetStreamContext, bucket: str) -> None:
        self._streams = streams
        self._bucket = bucket
        self._stream = f"OBJ_{bucket}"
        self._nuid = NUID()

    async def write(self, name: str, files: Sequence[bytes], chunk: int = SMALL_CHUNK) -> int:
        """Store an object of this name, in chunks of so many bytes, in place of an older one.

        Returns the place in the stream from which on it lies there; see `remove_older`.
        """
        data = memoryview(b"".join(files))
        # of its own, so that it does not get between what a write that was cut off left
        nuid = f"{_words(name)}.{self._nuid.next().decode()}"
        digest, places = hashlib.sha256(), []
        try:
            for start in range(0, len(data), chunk):
                part = bytes(data[start : start + chunk])
                digest.update(part)
                ack = await self._streams.publish(self._chunks(nuid), part)
                places.append(ack.seq)
            info = api.ObjectInfo(
                name=name,
                bucket=self._bucket,
                nuid=nuid,
                size=len(data),
                mtime=datetime.now(UTC).isoformat(),
                chunks=len(places),
                digest=_text(digest.digest()),
                headers={LENGTHS: [str(len(file)) for file in files]},
                options=api.ObjectMetaOptions(max_chunk_size=chunk),
            )
            ack = await self._streams.publish(
                self._description(name),
                json.dumps(info.as_dict()).encode(),
                headers={api.Header.ROLLUP: MSG_ROLLUP_SUBJECT},
            )
        except Exception:
            # a server whose disk is full does not answer a write, but says so here
            await self._streams.purge_stream(self._stream, subject=self._chunks(nuid))
            raise
        return places[0] if places else ack.seq

    async def read(self, name: str) -> list[bytes]:
        """Read the files of an object.

        Raises NotFoundError where a part of it is not there, DigestMismatchError where it is
        damaged.
        """
        about = await self._streams.get_msg(
            self._stream, subject=self._description(name), direct=True
        )
        try:
            info = api.ObjectInfo.from_response(json.loads(about.data or b""))
            lengths = [int(length) for length in (info.headers or {}).get(LENGTHS, ())]
        except (ValueError, TypeError, AttributeError) as error:  # nothing of ours
            raise NotFoundError from error
        data, digest = bytearray(), hashlib.sha256()
        position = 1  # in the stream, from which the next chunk is looked for
        for _ in range(info.chunks or 0):
            chunk = await self._streams.get_msg(
                self._stream, position, self._chunks(info.nuid), direct=True, next=True
            )
            if chunk.seq is None or chunk.data is None:
                raise NotFoundError
            position = chunk.seq + 1
            digest.update(chunk.data)
            data += chunk.data
        if data and (info.digest or "").lower() != _text(digest.digest()).lower():
            raise DigestMismatchError
        ends = itertools.accumulate(lengths or [len(data)])
        return [bytes(data[start:end]) for start, end in itertools.pairwise([0, *ends])]

    async def remove(self, name: str) -> None:
        """Delete an object; there need not be one."""
        await self._streams.purge_stream(self._stream, subject=self._description(name))
        await self._purge_chunks(name)

    async def remove_older(self, name: str, place: int) -> None:
        """Delete what is left of those that were replaced by the one from `place` on."""
        await self._purge_chunks(name, place)

    async def _purge_chunks(self, name: str, before: int | None = None) -> None:
        subject = self._chunks(f"{_words(name)}.>")
        await self._streams.purge_stream(self._stream, seq=before, subject=subject)

    def _chunks(self, nuid: str) -> str:
        return f"$O.{self._bucket}.C.{nuid}"

    def _description(self, name: str) -> str:
        return f"$O.{self._bucket}.M.{base64.urlsafe_b64encode(name.encode()).decode()}"


def _words(name: str) -> str:
    """Write a name as the words of a subject, so that what belongs to it can be purged."""
    return name.replace("/", ".")


def _text(sha256: bytes) -> str:
    return f"SHA-256={base64.urlsafe_b64encode(sha256).decode()}"
