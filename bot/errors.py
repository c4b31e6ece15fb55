"""The bot's errors. The text of each is the sentence that the member reads.

MuralscapeError
├── HostNeeded               the bot cannot run until the host mends something
├── Refused                  a rule forbids it; nothing was changed
│   ├── MemberQuotaReached   the member's limit of paintings under way is reached
│   ├── GuildQuotaReached    the server's limit of paintings under way is reached
│   ├── NotAllowed           the painting belongs to another member
│   ├── JobNotFound          no painting of that number in this server
│   ├── WrongState           the job is in another state
│   ├── AttachmentRejected   an uploaded file cannot be downloaded
│   ├── GivenUp              a request was interrupted too often
│   ├── NothingToPaint       no picture, no style, or no style of that name
│   ├── PictureGone          the picture was deleted, by its owner or after the retention time
│   ├── ManagersOnly         needs the permission to manage the server
│   ├── ValuesRejected       invalid settings, with a sentence for each
│   ├── ChannelClosed        the server does not allow paintings in this channel
│   ├── RoleNeeded           the member has none of the required roles
│   ├── NameRejected         the name is too long, or empty once it is cleaned
│   ├── LibraryFull          the server's limit of styles is reached
│   ├── StyleExists          there is already a style of that name
│   ├── StyleNotFound        there is no style of that name
│   ├── NotYourStyle         the style was saved by another member
│   ├── ChallengeRefused     the challenge's rules or state forbid it
│   └── LeadersOnly          needs the host of the challenge, or a moderator
└── PaintingEnded            the painting ended without a picture
    ├── PaintingCancelled    a member cancelled it
    ├── CannotPaint          the engine cannot paint this; the text says why
    │   └── EngineUnusable   its weights or its device are not there (a HostNeeded too)
    └── ExecutorLost         the engine process died or hung; another try may work
"""

from collections.abc import Sequence


class MuralscapeError(Exception):
    """Base of all errors that the bot raises on purpose."""

    @property
    def sentence(self) -> str:
        """The text for the member."""
        return str(self)


class HostNeeded(MuralscapeError):
    """The bot cannot run until the host mends something; another start changes nothing."""


class Refused(MuralscapeError):
    """A rule forbids it; nothing was changed."""


class MemberQuotaReached(Refused):
    """The member's limit of paintings under way in this server is reached."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"You already have {_paintings(limit)} under way here, which is this server's limit "
            "for a member. Wait until one is finished, or cancel one with `/queue cancel`."
        )


class GuildQuotaReached(Refused):
    """The server's limit of paintings under way is reached."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"This server already has {_paintings(limit)} under way, which is its limit. "
            "Try again when some of them are finished."
        )


class NotAllowed(Refused):
    """The painting belongs to another member, and this one does not moderate the server."""

    def __init__(self) -> None:
        super().__init__("Only the owner of this painting or a moderator can do that.")


class JobNotFound(Refused):
    """There is no painting of that number in this server."""

    def __init__(self, job_id: int) -> None:
        super().__init__(f"There is no painting number {job_id} in this server.")


class WrongState(Refused):
    """The job is in a state in which this cannot be done."""


class AttachmentRejected(Refused):
    """An uploaded file cannot be downloaded: too large, too slow, gone, or not at Discord."""


class GivenUp(Refused):
    """The request was resumed as often as allowed, and never became a job."""

    def __init__(self) -> None:
        super().__init__(
            "Your request was interrupted several times and is given up; send it again, or with "
            "other pictures."
        )


class NothingToPaint(Refused):
    """There is no picture, no style, or no style of that name."""


class PictureGone(Refused):
    """The picture was deleted, by its owner or after the retention time."""

    def __init__(self) -> None:
        super().__init__(
            "The pictures of this painting have been deleted. Send them again with `/muralize`."
        )


class ManagersOnly(Refused):
    """The member lacks the permission to manage the server."""

    def __init__(self) -> None:
        super().__init__("You need the permission Manage Server to do that.")


class ValuesRejected(Refused):
    """Settings are invalid. The text has a sentence for each."""


class ChannelClosed(Refused):
    """The server does not allow paintings in this channel."""

    def __init__(self, channels: Sequence[int]) -> None:
        where = ", ".join(f"<#{channel}>" for channel in channels)
        super().__init__(f"You cannot paint in this channel. Use one of these: {where}.")


class RoleNeeded(Refused):
    """The member has none of the required roles."""

    def __init__(self, action: str, roles: Sequence[int]) -> None:
        names = ", ".join(f"<@&{role}>" for role in roles)
        needed = f"one of these roles: {names}" if roles else "the permission Manage Server"
        super().__init__(f"To {action} here you need {needed}.")


class NameRejected(Refused):
    """The name is too long, or empty once it is cleaned."""


class LibraryFull(Refused):
    """The server's limit of styles is reached."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"This server's library is full: it may hold {limit} styles. Delete one first."
        )


class StyleExists(Refused):
    """There is already a style of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is already a style called *{name}* here; choose another name.")


class StyleNotFound(NothingToPaint):
    """There is no style of that name in this server's library."""

    def __init__(self) -> None:
        super().__init__(
            "There is no saved style of that name; choose one from the list that opens "
            "while you type."
        )


class NotYourStyle(Refused):
    """Another member saved the style, and this one does not moderate the server."""

    def __init__(self) -> None:
        super().__init__("You can delete only styles that you saved; moderators can delete all.")


class ChallengeRefused(Refused):
    """The challenge's rules or its state forbid this. The text says which."""


class LeadersOnly(ChallengeRefused):
    """The member is neither the host of the challenge nor a moderator."""

    def __init__(self, action: str, allowed: str) -> None:
        super().__init__(f"Only {allowed} can {action}.")


class PaintingEnded(MuralscapeError):
    """A painting ended without a picture."""


class PaintingCancelled(PaintingEnded):
    """A member cancelled the painting."""

    def __init__(self) -> None:
        super().__init__("This painting was cancelled.")


class CannotPaint(PaintingEnded):
    """The engine cannot make the painting, for the reason in the text."""


class EngineUnusable(CannotPaint, HostNeeded):
    """The engine's weights or its device are not there, or cannot be used."""


class ExecutorLost(PaintingEnded):
    """The engine process died or hung. The text says how, for the log and the host."""

    @property
    def sentence(self) -> str:
        """The text for the member once the second try has failed too."""
        return (
            "The painter stopped twice while working on this picture, so it was given up. "
            "A smaller size may work."
        )


def _paintings(number: int) -> str:
    return "one painting" if number == 1 else f"{number} paintings"
