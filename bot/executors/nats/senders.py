"""Who sent a message. Where a NATS server has permissions, its subject proves that.

A worker may publish heartbeats, progress and outcomes on subjects that end in its own name alone
(docs/nats.conf). What a message says of its sender has to agree with its subject.

One way leads around permissions: a worker that asks the server for a stored object names the
subject of the reply, and the server sends it there unasked. Such a reply can be told by a header.
"""

from nats.aio.msg import Msg

RELAYED = "Nats-Stream"  # a header of replies to direct gets; the server always adds it


def is_relayed(message: Msg) -> bool:
    """Whether the server sent it from a stream, at the wish of whoever asked for it."""
    return RELAYED in (message.headers or {})


def sender_of(message: Msg, prefix: str) -> str:
    """Read the id of a worker, which follows `prefix` in the subject of its messages."""
    return message.subject.removeprefix(f"{prefix}.")
