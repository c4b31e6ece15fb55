"""The bot's errors. The text of each is the sentence that the member reads.

An error that one module alone raises stands in that module, here named behind it in brackets;
those that several raise stand in this one. The tree shows all of them.

MuralscapeError
├── HostNeeded               the bot cannot run until the host mends something
├── Refused                  a rule forbids it; nothing was changed
│   ├── MemberQuotaReached   the member's limit of paintings under way is reached [jobs/quotas]
│   ├── GuildQuotaReached    the server's limit of paintings under way is reached [jobs/quotas]
│   ├── PersonQuotaReached   the member's limit in all servers is reached [jobs/quotas]
│   ├── QueueFull            the host's limit of paintings under way is reached [jobs/quotas]
│   ├── TimeSpent            the painting time of an hour or a day is used up [jobs/allowance]
│   ├── NeverRoom            takes more than the member's painting time [jobs/allowance]
│   ├── NotAllowed           the painting belongs to another member
│   ├── JobNotFound          no painting of that number in this server
│   ├── WrongState           the job is in another state
│   ├── OutdatedMessage      another version of the bot made the message with the button or menu
│   ├── MemberStorageFull    the member's pictures take all their bytes [pictures/quotas]
│   ├── GuildStorageFull     the server's pictures take all its bytes [pictures/quotas]
│   ├── HostStorageFull      all pictures take all the host's bytes [pictures/quotas]
│   ├── AttachmentRejected   an uploaded file cannot be downloaded [pictures/intake]
│   │   └── NotAPicture      it is something else than a picture or film [pictures/intake]
│   ├── CheckRefused         the host's picture check forbids a picture [pictures/host_check]
│   ├── PictureGone          the picture was deleted, by its owner or after the retention time
│   ├── NameRejected         the name is too long, empty once it is cleaned, or has a forbidden word
│   ├── NothingToPaint       no picture, no style, or no style of that name
│   │   └── StyleNotFound    there is no style of that name [styles/service]
│   ├── LibraryFull          the server's limit of styles is reached [styles/service]
│   ├── StyleExists          there is already a style of that name [styles/service]
│   ├── NotYourStyle         the style was saved by another member [styles/service]
│   ├── OutsideClosed        the host allows paintings in servers only
│   ├── MayNotPost           the member may not send pictures in this channel [muralize/rules]
│   ├── TooLate              could not be delivered when it is painted [muralize/rules]
│   ├── GivenUp              a request was interrupted too often [muralize/service]
│   ├── Withdrawn            the request was deleted during its downloads [muralize/store]
│   ├── SwitchedOff          the server has switched this feature off [guilds/rules]
│   ├── ManagersOnly         needs the permission to manage the server [guilds/rules]
│   ├── ValuesRejected       invalid settings, with a sentence for each
│   ├── ChannelClosed        the server allows no paintings in this channel [guilds/rules]
│   ├── RoleNeeded           the member has none of the required roles [guilds/rules]
│   ├── CommandClosed        the server forbids the member this command [discord_io/access]
│   ├── NotAMember           the member, or the bot, has left the server [discord_io/access]
│   ├── Blocked              the member or the server may not use the bot
│   ├── ChallengeRefused     the challenge's rules or state forbid it
│   │   └── LeadersOnly      needs the challenge's host, or a moderator [challenges/rules]
│   └── MuralRefused         the mural's rules or state forbid it
└── PaintingEnded            the painting ended without a picture
    ├── PaintingCancelled    a member cancelled it
    ├── CannotPaint          the engine cannot paint this; the text says why
    │   └── EngineUnusable   its weights or its device are not there (a HostNeeded too)
    └── ExecutorLost         the engine process died or hung; another try may work
"""

from bot.languages.speech import _, command, english, joined, said
from engine.errors import Sentence


class MuralscapeError(Exception):
    """Base of all errors that the bot raises on purpose.

    The text is in the member's language; `str` of an error is English, as the log is.
    """

    def __str__(self) -> str:
        return " ".join(english(part) for part in self.args)

    @property
    def sentence(self) -> str:
        """The text for the member."""
        return joined(*(said(part) if isinstance(part, str) else str(part) for part in self.args))


class HostNeeded(MuralscapeError):
    """The bot cannot run until the host mends something; another start changes nothing."""


class Refused(MuralscapeError):
    """A rule forbids it; nothing was changed."""


class NotAllowed(Refused):
    """The painting belongs to another member, and this one does not moderate the server."""

    def __init__(self) -> None:
        super().__init__(_("Only the owner of this painting or a moderator can do that."))


class JobNotFound(Refused):
    """There is no painting of that number in this server."""

    def __init__(self, job_id: int) -> None:
        super().__init__(_("There is no painting number {number} in this server.", number=job_id))


class Blocked(Refused):
    """The member may not use the bot here, or the server may not."""


class WrongState(Refused):
    """The job is in a state in which this cannot be done."""


class OutdatedMessage(Refused):
    """Another version of the bot made the message; this one has no such button or menu."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Another version of me made this message, and it no longer works. Use the command "
                "again."
            )
        )


class NothingToPaint(Refused):
    """There is no picture, no style, or no style of that name."""


class PictureGone(Refused):
    """The picture was deleted, by its owner or after the retention time."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The pictures of this painting have been deleted. Send them again with {command}.",
                command=command("muralize"),
            )
        )


class OutsideClosed(Refused):
    """The host allows no paintings outside of servers."""

    def __init__(self) -> None:
        super().__init__(
            _("The host of this bot lets it paint only in servers that it was added to.")
        )


class NameRejected(Refused):
    """The name is too long, empty once it is cleaned, or has a word that the server forbids."""


class ValuesRejected(Refused):
    """Settings are invalid. The text has a sentence for each, in a line."""

    @property
    def sentence(self) -> str:
        """The text for the member."""
        return "\n".join(str(part) for part in self.args)


class ChallengeRefused(Refused):
    """The challenge's rules or its state forbid this. The text says which."""


class MuralRefused(Refused):
    """The mural's rules or its state forbid this. The text says which."""


class PaintingEnded(MuralscapeError):
    """A painting ended without a picture."""


class PaintingCancelled(PaintingEnded):
    """A member cancelled the painting."""

    def __init__(self) -> None:
        super().__init__(_("This painting was cancelled."))


class CannotPaint(PaintingEnded):
    """The engine cannot make the painting, for the reason in the text: a `Sentence`, or a `str`.

    It is translated where it is read, since painters do not know the reader.
    """

    @property
    def said(self) -> Sentence:
        """The reason, as the engine said it."""
        reason = self.args[0] if self.args else ""
        return reason if isinstance(reason, Sentence) else Sentence(reason)


class EngineUnusable(CannotPaint, HostNeeded):
    """The engine's weights or its device are not there, or cannot be used."""


class ExecutorLost(PaintingEnded):
    """The engine process died or hung. The text says how, for the log and the host."""

    @property
    def sentence(self) -> str:
        """The text for the member once the second try has failed too."""
        return _(
            "The painter stopped twice while working on this picture, so it was given up. "
            "A smaller size may work."
        )
