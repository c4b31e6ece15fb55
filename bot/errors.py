"""The bot's errors. The text of each is the sentence that the member reads.

MuralscapeError
├── HostNeeded               the bot cannot run until the host mends something
├── Refused                  a rule forbids it; nothing was changed
│   ├── MemberQuotaReached   the member's limit of paintings under way is reached
│   ├── GuildQuotaReached    the server's limit of paintings under way is reached
│   ├── PersonQuotaReached   the member's limit of paintings under way in all servers is reached
│   ├── QueueFull            the host's limit of paintings under way is reached
│   ├── TimeSpent            the member's painting time of an hour or a day is used up
│   ├── NeverRoom            the painting takes more than the member's whole painting time
│   ├── SwitchedOff          the server has switched this feature off
│   ├── Blocked              the member or the server may not use the bot
│   ├── CheckRefused         the host's picture check does not allow a picture
│   ├── MemberStorageFull    the member's pictures take all the bytes that they may
│   ├── GuildStorageFull     the server's pictures take all the bytes that they may
│   ├── HostStorageFull      all pictures take all the bytes that the host gives them
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
│   ├── CommandClosed        the server does not let the member use this command here
│   ├── NotAMember           the member, or the bot, has left the server
│   ├── MayNotPost           the member may not send pictures in this channel
│   ├── OutsideClosed        the host allows paintings in servers only
│   ├── TooLate              outside of servers nothing could be delivered when it is painted
│   ├── Withdrawn            the request was deleted while its pictures were downloaded
│   ├── RoleNeeded           the member has none of the required roles
│   ├── NameRejected         the name is too long, empty once it is cleaned, or has a forbidden word
│   ├── LibraryFull          the server's limit of styles is reached
│   ├── StyleExists          there is already a style of that name
│   ├── StyleNotFound        there is no style of that name
│   ├── NotYourStyle         the style was saved by another member
│   ├── ChallengeRefused     the challenge's rules or state forbid it
│   ├── LeadersOnly          needs the host of the challenge, or a moderator
│   └── MuralRefused         the mural's rules or state forbid it
└── PaintingEnded            the painting ended without a picture
    ├── PaintingCancelled    a member cancelled it
    ├── CannotPaint          the engine cannot paint this; the text says why
    │   └── EngineUnusable   its weights or its device are not there (a HostNeeded too)
    └── ExecutorLost         the engine process died or hung; another try may work
"""

import math
from collections.abc import Sequence

from bot.languages.speech import english


class MuralscapeError(Exception):
    """Base of all errors that the bot raises on purpose.

    The text is in the language of the member for whom it is raised; `str` of an error is English,
    as the log is.
    """

    def __str__(self) -> str:
        return " ".join(english(part) for part in self.args)

    @property
    def sentence(self) -> str:
        """The text for the member."""
        return " ".join(str(part) for part in self.args)


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


class PersonQuotaReached(Refused):
    """The member's limit of paintings under way, over all servers, is reached."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"You already have {_paintings(limit)} under way, counted over all servers, which is "
            "this bot's limit for a member. Wait until one is finished."
        )


class QueueFull(Refused):
    """As many paintings are under way as the host of the bot allows."""

    def __init__(self) -> None:
        super().__init__(
            "The queue of this bot is full: as many paintings are waiting as its host allows. "
            "Try again in a while."
        )


class TimeSpent(Refused):
    """The member has used the painting time of the last hour or day."""

    def __init__(
        self, used: float, limit: float, span: float, needed: float, room_at: float
    ) -> None:
        super().__init__(
            f"You have used {amount(used)} of the {amount(limit)} of painting that you have here "
            f"{_within(span)}, and this painting takes about {amount(needed)}. There is room for "
            f"it again <t:{math.ceil(room_at)}:R>."
        )


class NeverRoom(Refused):
    """One painting takes longer than the member's whole painting time."""

    def __init__(self, needed: float, limit: float, span: float) -> None:
        super().__init__(
            f"This painting takes about {amount(needed)}, and you have {amount(limit)} here "
            f"{_within(span)}. Choose a smaller size or another preset."
        )


class SwitchedOff(Refused):
    """The server has switched this feature off."""

    def __init__(self) -> None:
        super().__init__("This is switched off in this server.")


class Blocked(Refused):
    """The member may not use the bot here, or the server may not."""


class CheckRefused(Refused):
    """The host's picture check does not allow a picture, or gave no answer."""


class MemberStorageFull(Refused):
    """A member's stored pictures take all the bytes that they may."""

    def __init__(self, held: int, limit: int) -> None:
        super().__init__(
            f"Your pictures and paintings in this server take {_mebibytes(held)} of the "
            f"{_mebibytes(limit)} that a member may have stored, and this does not fit. "
            "Delete paintings that you do not need, or send smaller pictures."
        )


class GuildStorageFull(Refused):
    """A server's stored pictures take all the bytes that they may."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The pictures and paintings of this server take the {_mebibytes(limit)} that a server "
            "may have stored. Delete paintings or saved styles that nobody needs, or wait until "
            "old ones expire."
        )


class HostStorageFull(Refused):
    """The pictures of all servers take all the bytes that the host gives them."""

    def __init__(self) -> None:
        super().__init__(
            "This bot has no room for more pictures now; its host has been told. Try again later."
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


class CommandClosed(Refused):
    """The server's Integrations page or permissions forbid the member the command."""

    def __init__(self, command: str) -> None:
        super().__init__(f"This server does not let you use `/{command}` here.")


class NotAMember(Refused):
    """The member or the bot has left the server, or the member was banned."""

    def __init__(self) -> None:
        super().__init__("This belongs to a server that you or I are no longer in.")


class MayNotPost(Refused):
    """The member may not send messages with files in the channel."""

    def __init__(self) -> None:
        super().__init__("You may not send pictures in this channel, so I do not paint one here.")


class OutsideClosed(Refused):
    """The host allows no paintings outside of servers."""

    def __init__(self) -> None:
        super().__init__("The host of this bot lets it paint only in servers that it was added to.")


class TooLate(Refused):
    """A painting outside of servers would be ready when nothing can be sent any more."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"This would be ready in about {seconds / 60:.0f} minutes. Outside of servers that I "
            "am in, I can answer for 15 minutes only. Try a smaller size, or later."
        )


class Withdrawn(Refused):
    """The request was deleted: the bot left the server, or the member deleted their data."""

    def __init__(self) -> None:
        super().__init__("This request was deleted before it was painted.")


class RoleNeeded(Refused):
    """The member has none of the required roles."""

    def __init__(self, action: str, roles: Sequence[int]) -> None:
        names = ", ".join(f"<@&{role}>" for role in roles)
        needed = f"one of these roles: {names}" if roles else "the permission Manage Server"
        super().__init__(f"To {action} here you need {needed}.")


class NameRejected(Refused):
    """The name is too long, empty once it is cleaned, or has a word that the server forbids."""


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

    def __init__(self, action: str) -> None:
        super().__init__(
            f"You can {action} only styles that you saved; moderators can {action} all."
        )


class ChallengeRefused(Refused):
    """The challenge's rules or its state forbid this. The text says which."""


class LeadersOnly(ChallengeRefused):
    """The member is neither the host of the challenge nor a moderator."""

    def __init__(self, action: str, allowed: str) -> None:
        super().__init__(f"Only {allowed} can {action}.")


class MuralRefused(Refused):
    """The mural's rules or its state forbid this. The text says which."""


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


def amount(seconds: float) -> str:
    """Write an amount of painting time."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


def _within(span: float) -> str:
    return "within an hour" if span <= 3600 else "within 24 hours"


def _paintings(number: int) -> str:
    return "one painting" if number == 1 else f"{number} paintings"


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
