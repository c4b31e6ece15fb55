"""The sender of a message, as its subject proves it on a server with permissions (docs/nats.conf).

A worker may publish heartbeats, progress and outcomes only on subjects that end in its own name.
The sender that a message names must be the one in its subject.

Permissions have one gap. A worker that requests a stored message also names the subject of the
reply. The server sends the reply to any subject, also to one that the worker may not publish on.
Such a relayed message is recognised by a header.
"""

from nats.aio.msg import Msg

RELAYED = "Nats-Stream"  # a header that the server adds to each reply to a direct get


def is_relayed(message: Msg) -> bool:
    """Whether it is a stored message that the server sent where somebody asked for it."""
    return RELAYED in (message.headers or {})


def sender_of(message: Msg, prefix: str) -> str:
    """Read the id of a worker, which follows `prefix` in the subject of its messages."""
    return message.subject.removeprefix(f"{prefix}.")
