"""The rules of a server's Integrations page: which members may use a command, and where. Pure.

https://discord.com/developers/docs/interactions/application-commands#permissions
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from bot.people import Standing


class Target(IntEnum):
    """What a rule is about. The id of a server stands for everyone, one less for all channels."""

    ROLE = 1
    USER = 2
    CHANNEL = 3


@dataclass(frozen=True)
class CommandRules:
    """The rules for one command in a server, and those for all commands, which yield to them."""

    guild_id: int
    command: Mapping[tuple[int, int], bool]  # type and id of the target -> allowed
    application: Mapping[tuple[int, int], bool]

    @classmethod
    def from_json(
        cls,
        guild_id: int,
        command_id: int,
        application_id: int,
        answer: Sequence[Mapping[str, Any]],
    ) -> "CommandRules":
        """Read Discord's list of a server's permissions of commands."""
        found = {
            int(entry["id"]): {
                (int(rule["type"]), int(rule["id"])): bool(rule["permission"])
                for rule in entry["permissions"]
            }
            for entry in answer
        }
        return cls(guild_id, found.get(command_id, {}), found.get(application_id, {}))

    def allow(self, member_id: int, standing: Standing) -> bool:
        """Say whether a member may use the command; both the place and the member must be allowed.

        Nothing is said of direct messages, where only the member counts.
        """
        if standing.administers:
            return True
        if not standing.uses_commands:
            return False
        place = next(self._of_place(standing), True)
        return place and next(self._of_member(member_id, standing), True)

    def _of_place(self, standing: Standing) -> Iterator[bool]:
        if not standing.channels:
            return
        channel = standing.channels[-1]  # a thread has the rules of its channel
        for rules in (self.command, self.application):
            for target in (channel, self.guild_id - 1):
                if (Target.CHANNEL, target) in rules:
                    yield rules[Target.CHANNEL, target]

    def _of_member(self, member_id: int, standing: Standing) -> Iterator[bool]:
        for rules in (self.command, self.application):
            if (Target.USER, member_id) in rules:
                yield rules[Target.USER, member_id]
            held = standing.roles - {self.guild_id}
            said = [rules[Target.ROLE, role] for role in held if (Target.ROLE, role) in rules]
            if said:
                yield any(said)
            if (Target.ROLE, self.guild_id) in rules:
                yield rules[Target.ROLE, self.guild_id]
