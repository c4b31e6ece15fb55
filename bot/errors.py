"""The bot's errors. The text of each is the one sentence that the member who caused it reads.

MuralscapeError
├── Refused                  a rule forbids what was asked for
│   ├── MemberQuotaReached   the member has as many paintings under way as the server allows
│   ├── GuildQuotaReached    the server has as many paintings under way as its limit allows
│   ├── NotAllowed           somebody else's painting
│   ├── JobNotFound          no painting of that number in this server
│   ├── WrongState           too late or too early for that
│   ├── AttachmentRejected   a file that was sent cannot be fetched
│   ├── NothingToPaint       a picture or a style was left out, or there is none of that name
│   ├── PictureGone          a picture was deleted, by its owner or after the retention time
│   ├── ManagersOnly         a server's settings are for those who manage it
│   ├── ValuesRejected       settings that cannot be, one sentence each
│   ├── ChannelClosed        the server wants no paintings in this channel
│   ├── RoleNeeded           the member has none of the roles that this takes
│   ├── NameRejected         a name of which nothing is left once it is harmless, or too long
│   ├── LibraryFull          the server has as many styles as its limit allows
│   ├── StyleExists          there is a style of that name already
│   ├── StyleNotFound        there is no style of that name
│   ├── NotYourStyle         somebody else saved that style
│   ├── ChallengeRefused     a challenge's rules or state forbid it
│   └── LeadersOnly          only some may do that in a challenge
└── PaintingEnded            a painting came to no picture
    ├── PaintingCancelled    a member asked for that
    ├── CannotPaint       the engine said why in words
    └── ExecutorLost         the process that painted died or hung; worth another try
"""

from collections.abc import Sequence


class MuralscapeError(Exception):
    """Base of all errors that the bot raises on purpose."""

    @property
    def sentence(self) -> str:
        """What the member reads."""
        return str(self)


class Refused(MuralscapeError):
    """A rule forbids what was asked for; nothing was changed."""


class MemberQuotaReached(Refused):
    """The member has as many paintings under way in this server as it allows."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"You already have {_paintings(limit)} under way here, which is this server's limit "
            "for a member. Wait until one is finished, or cancel one with `/queue cancel`."
        )


class GuildQuotaReached(Refused):
    """The server has as many paintings under way as its limit allows."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"This server already has {_paintings(limit)} under way, which is its limit. "
            "Try again when some of them are finished."
        )


class NotAllowed(Refused):
    """The painting is somebody else's and the member does not moderate this server."""

    def __init__(self) -> None:
        super().__init__("Only the member who asked for this painting or a moderator can do that.")


class JobNotFound(Refused):
    """There is no painting of that number in this server."""

    def __init__(self, job_id: int) -> None:
        super().__init__(f"There is no painting number {job_id} in this server.")


class WrongState(Refused):
    """The painting is no longer, or not yet, where this can be done."""


class AttachmentRejected(Refused):
    """A file that a member sent cannot be fetched: too large, too slow, gone, not at Discord."""


class NothingToPaint(Refused):
    """A picture or a style was left out, or there is none of that name."""


class PictureGone(Refused):
    """A picture was deleted, by its owner or after the retention time."""

    def __init__(self) -> None:
        super().__init__(
            "The pictures of this painting have been deleted. Send them again with `/muralize`."
        )


class ManagersOnly(Refused):
    """A server's settings are for those who may manage it."""

    def __init__(self) -> None:
        super().__init__("Only members who may manage this server can do that.")


class ValuesRejected(Refused):
    """Settings that cannot be. The text has a sentence for each."""


class ChannelClosed(Refused):
    """The server wants no paintings in this channel."""

    def __init__(self, channels: Sequence[int]) -> None:
        where = ", ".join(f"<#{channel}>" for channel in channels)
        super().__init__(f"This server wants its paintings made elsewhere: {where}.")


class RoleNeeded(Refused):
    """The member has none of the roles that this takes here."""

    def __init__(self, what: str, roles: Sequence[int]) -> None:
        who = ", ".join(f"<@&{role}>" for role in roles)
        needed = f"one of these roles: {who}" if roles else "the right to manage this server"
        super().__init__(f"To {what} here you need {needed}.")


class NameRejected(Refused):
    """A name of which nothing is left once it is harmless, or one that is too long."""


class LibraryFull(Refused):
    """The server has as many styles as its limit allows."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"This server's library is full: it may hold {limit} styles. Delete one first."
        )


class StyleExists(Refused):
    """There is a style of that name already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a style called *{name}* here already; choose another name.")


class StyleNotFound(NothingToPaint):
    """There is no style of that name in this server's library."""

    def __init__(self) -> None:
        super().__init__(
            "There is no saved style of that name; choose one from the list that opens "
            "while you type."
        )


class NotYourStyle(Refused):
    """Somebody else saved that style, and the member does not moderate this server."""

    def __init__(self) -> None:
        super().__init__("Only the member who saved this style or a moderator can delete it.")


class ChallengeRefused(Refused):
    """A challenge's rules or its state forbid what was asked for. The text says which."""


class LeadersOnly(ChallengeRefused):
    """Only some may do that in a challenge."""

    def __init__(self, what: str, who: str) -> None:
        super().__init__(f"To {what} is for {who}.")


class PaintingEnded(MuralscapeError):
    """A painting came to no picture."""


class PaintingCancelled(PaintingEnded):
    """A painting was stopped because somebody asked for that."""

    def __init__(self) -> None:
        super().__init__("This painting was cancelled.")


class CannotPaint(PaintingEnded):
    """The engine could not make the painting, for the reason in the text."""


class ExecutorLost(PaintingEnded):
    """The process that painted died or hung. The text says how, for the log and the host."""

    @property
    def sentence(self) -> str:
        """What the member reads when the second try is lost as well."""
        return (
            "The painter stopped twice while working on this picture, so it was given up. "
            "A smaller size may work."
        )


def _paintings(number: int) -> str:
    return "one painting" if number == 1 else f"{number} paintings"
