"""A guild's Integrations page: which roles and users may use a command, and in which channels.

They are permissions of the application, for all its commands, or of one command, which override
them (https://discord.com/developers/docs/interactions/application-commands#permissions). Those of
channels and those of roles and users are judged apart, and both must allow. `guild_id` stands for
everyone, `guild_id - 1` for all channels.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from bot.simulator.bus import Bus, CommandPermissionsChanged
from bot.simulator.model import Channel, Command, Guild, Json, Member, Role, User
from bot.simulator.permissions import ALL, Permission, in_channel


class TargetType(IntEnum):
    """The kind of what is allowed or denied."""

    ROLE = 1
    USER = 2
    CHANNEL = 3


Rules = Mapping[tuple[TargetType, int], bool]


@dataclass
class Integrations:
    """The permissions of commands by guild; the application's own are under its id."""

    bus: Bus
    application_id: int
    rules: dict[tuple[int, int], dict[tuple[TargetType, int], bool]] = field(default_factory=dict)

    def set(
        self, guild: Guild, command: Command | None, target: Role | User | Channel, *, allow: bool
    ) -> None:
        """Allow or deny a role, user or channel a command, or all commands of the bot."""
        kinds = {Role: TargetType.ROLE, User: TargetType.USER, Channel: TargetType.CHANNEL}
        owner = self.application_id if command is None else command.id
        entries = self.rules.setdefault((guild.id, owner), {})
        entries[kinds[type(target)], target.id] = allow
        self.bus.publish(CommandPermissionsChanged(guild.id, owner))

    def of_guild(self, guild_id: int) -> list[Json]:
        """All permissions in a guild, as REST answers them."""
        return [self.object(*key) for key in self.rules if key[0] == guild_id]

    def object(self, guild_id: int, command_id: int) -> Json:
        """The permissions of one command, or of the application."""
        return {
            "id": str(command_id),
            "application_id": str(self.application_id),
            "guild_id": str(guild_id),
            "permissions": [
                {"id": str(target), "type": kind.value, "permission": allowed}
                for (kind, target), allowed in self.rules.get((guild_id, command_id), {}).items()
            ],
        }

    def allow(self, command: Command, guild: Guild, channel: Channel, member: Member) -> bool:
        """Whether `member` may use `command` in `channel`."""
        held = in_channel(guild, channel, member)
        if held == ALL:
            return True  # nothing is closed to the owner and to administrators
        if not held & Permission.USE_APPLICATION_COMMANDS:
            return False
        owners = (command.id, self.application_id)
        rules: list[Rules] = [self.rules.get((guild.id, owner), {}) for owner in owners]
        place = channel.parent_id if channel.type.thread else channel.id
        channels = next(_of_channel(rules, guild, place or 0), True)
        people = next(_of_member(rules, guild, member), None)
        if people is None:
            needed = command.definition["default_member_permissions"]
            if needed is None:
                return channels
            wanted = int(needed) or Permission.ADMINISTRATOR  # "0" means administrators only
            people = held & wanted == wanted
        return channels and people


def _of_channel(rules: list[Rules], guild: Guild, channel_id: int) -> Iterator[bool]:
    """What is said of a channel, the strongest first."""
    for entries in rules:
        for target in (channel_id, guild.id - 1):
            if (TargetType.CHANNEL, target) in entries:
                yield entries[TargetType.CHANNEL, target]


def _of_member(rules: list[Rules], guild: Guild, member: Member) -> Iterator[bool]:
    """What is said of a member: by name, then by any role, then by @everyone."""
    for entries in rules:
        if (TargetType.USER, member.user.id) in entries:
            yield entries[TargetType.USER, member.user.id]
        said = [
            entries[TargetType.ROLE, role]
            for role in member.roles
            if (TargetType.ROLE, role) in entries
        ]
        if said:
            yield any(said)
        if (TargetType.ROLE, guild.id) in entries:
            yield entries[TargetType.ROLE, guild.id]
