"""How many jobs a member, a server and the host may have under way."""

from dataclasses import dataclass

from bot.errors import Refused
from bot.languages.speech import _, command, ngettext

UNBOUNDED = 2**31


class MemberQuotaReached(Refused):
    """The member's limit of paintings under way in this server is reached."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            ngettext(
                "You already have one painting under way here, which is this server's limit for a "
                "member. Wait until it is finished, or cancel it with {command}.",
                "You already have {n} paintings under way here, which is this server's limit for "
                "a member. Wait until one is finished, or cancel one with {command}.",
                limit,
                command=command("queue cancel"),
            )
        )


class GuildQuotaReached(Refused):
    """The server's limit of paintings under way is reached."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            ngettext(
                "This server already has one painting under way, which is its limit. "
                "Try again when it is finished.",
                "This server already has {n} paintings under way, which is its limit. "
                "Try again when some of them are finished.",
                limit,
            )
        )


class PersonQuotaReached(Refused):
    """The member's limit of paintings under way, over all servers, is reached."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            ngettext(
                "You already have one painting under way, counted over all servers, which is "
                "this bot's limit for a member. Wait until it is finished.",
                "You already have {n} paintings under way, counted over all servers, which is "
                "this bot's limit for a member. Wait until one is finished.",
                limit,
            )
        )


class QueueFull(Refused):
    """As many paintings are under way as the host of the bot allows."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The queue of this bot is full: as many paintings are waiting as its host allows. "
                "Try again in a while."
            )
        )


@dataclass(frozen=True)
class UnderWay:
    """How many jobs are queued or painting, and requests that are not jobs yet."""

    of_member: int = 0  # in one server
    of_guild: int = 0
    of_person: int = 0  # the member, in all servers
    in_all: int = 0

    def __add__(self, other: "UnderWay") -> "UnderWay":
        """Add the counts."""
        return UnderWay(
            self.of_member + other.of_member,
            self.of_guild + other.of_guild,
            self.of_person + other.of_person,
            self.in_all + other.in_all,
        )


@dataclass(frozen=True)
class JobQuotas:
    """How many jobs may be queued or painting at a time.

    Servers have equal shares of the painter, so a member could gain many shares by inviting the bot
    to many servers: `per_person` bounds that. It is a fixed number, not one share for all of a
    member's servers, so that a member of two servers waits no longer in either than others do.
    """

    per_member: int  # in one server
    per_guild: int
    per_person: int = UNBOUNDED  # of a member, over all servers
    in_all: int = UNBOUNDED

    def check(self, found: UnderWay) -> None:
        """Raise the error of the first quota that leaves no room for one more."""
        if found.of_member >= self.per_member:
            raise MemberQuotaReached(self.per_member)
        if found.of_guild >= self.per_guild:
            raise GuildQuotaReached(self.per_guild)
        if found.of_person >= self.per_person:
            raise PersonQuotaReached(self.per_person)
        if found.in_all >= self.in_all:
            raise QueueFull
