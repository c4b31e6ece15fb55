"""Which gateway events the bot receives, by its intents."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag

from bot.simulator import bus
from bot.simulator.clock import timestamp
from bot.simulator.commands import Commands
from bot.simulator.model import Channel, ChannelType, Guild, Json, Message
from bot.simulator.objects import channel_object, guild_object, member_object, user_object
from bot.simulator.payloads import Payloads
from bot.simulator.world import World


class Intent(IntFlag):
    """The bits of an identify's `intents` that the simulator acts on."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_EXPRESSIONS = 1 << 3
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15


@dataclass(frozen=True)
class Dispatch:
    """An event for the bot; `exclusive` ones go to one session only."""

    event: str
    data: Json
    exclusive: bool = False


def guild_of(happened: object) -> int:
    """The id of an event's guild; 0 for direct messages."""
    if isinstance(happened, bus.GuildChanged | bus.MemberChanged | bus.RoleDeleted):
        return happened.guild.id
    if isinstance(happened, bus.CommandPermissionsChanged):
        return happened.guild_id
    if isinstance(happened, bus.InteractionCreated):
        return happened.interaction.channel.guild_id or 0
    if isinstance(happened, bus.MessageChanged):
        return happened.message.channel.guild_id or 0
    if isinstance(happened, bus.ChannelChanged | bus.Typing):
        return happened.channel.guild_id or 0
    return 0


@dataclass(frozen=True)
class Dispatcher:
    """Turns events of the bus into gateway events."""

    world: World
    payloads: Payloads
    commands: Commands

    def dispatches(self, happened: object, intents: int) -> Iterator[Dispatch]:
        """The events for a session with these `intents`."""
        if isinstance(happened, bus.InteractionCreated):
            data = self.payloads.interaction(happened.interaction)
            yield Dispatch("INTERACTION_CREATE", data, exclusive=True)
        elif isinstance(happened, bus.MessageChanged):
            yield from self._message(happened, intents)
        elif isinstance(happened, bus.GuildChanged):
            yield from self._guild(happened, intents)
        elif isinstance(happened, bus.ChannelChanged):
            if intents & Intent.GUILDS and self._with_bot(happened.channel.guild_id):
                kind = "THREAD" if happened.channel.type.thread else "CHANNEL"
                event = f"{kind}_{happened.change.upper()}"
                yield Dispatch(event, channel_object(happened.channel))
        elif isinstance(happened, bus.RoleDeleted):
            if intents & Intent.GUILDS and self._with_bot(happened.guild.id):
                data = {"guild_id": str(happened.guild.id), "role_id": str(happened.role_id)}
                yield Dispatch("GUILD_ROLE_DELETE", data)
        elif isinstance(happened, bus.CommandPermissionsChanged):
            if self._with_bot(happened.guild_id):  # with any intents
                data = self.commands.permissions_object(happened.guild_id, happened.command_id)
                yield Dispatch("APPLICATION_COMMAND_PERMISSIONS_UPDATE", data)
        elif isinstance(happened, bus.MemberChanged):
            yield from self._member(happened, intents)
        elif isinstance(happened, bus.Typing):
            yield from self._typing(happened, intents)

    def guild_create(self, guild: Guild, intents: int) -> Json:
        """The GUILD_CREATE that follows READY, or the bot's joining.

        Without the presence intent Discord lists only the bot's own membership; a client that wants
        the others asks for them.
        """
        bot = guild.members[self.world.bot.id]
        everybody = intents & Intent.GUILD_PRESENCES
        members = list(guild.members.values()) if everybody else [bot]
        channels = [
            {k: v for k, v in channel_object(channel).items() if k != "guild_id"}
            for channel in guild.channels.values()
        ]
        lists = ("voice_states", "presences", "stage_instances", "soundboard_sounds")
        return {
            **guild_object(guild),
            **{name: [] for name in (*lists, "guild_scheduled_events")},
            "threads": [channel_object(thread) for thread in guild.threads.values()],
            "joined_at": timestamp(bot.joined or 0.0),
            "large": False,
            "unavailable": False,
            "member_count": len(guild.members),
            "members": [member_object(member) for member in members],
            "channels": channels,
        }

    def _with_bot(self, guild_id: int | None) -> bool:
        guild = self.world.guilds.get(guild_id or 0)
        return guild is not None and self.world.bot.id in guild.members

    def _message(self, happened: bus.MessageChanged, intents: int) -> Iterator[Dispatch]:
        message, place = happened.message, happened.message.channel
        direct = place.type.direct
        if not intents & (Intent.DIRECT_MESSAGES if direct else Intent.GUILD_MESSAGES):
            return
        # The bot sees ephemeral messages only in the responses to its own requests.
        if message.ephemeral_to is not None or not self.world.sees(self.world.bot, place):
            return
        place_of: Json = {} if direct else {"guild_id": str(place.guild_id)}
        if happened.change == "delete":
            data = {"id": str(message.id), "channel_id": str(place.id), **place_of}
        else:
            data = {**self.payloads.message(message), **place_of, **self._membership(message)}
            if not intents & Intent.MESSAGE_CONTENT and not self.world.is_open(message):
                data |= {"content": "", "embeds": [], "attachments": [], "components": []}
        yield Dispatch(f"MESSAGE_{happened.change.upper()}", data)

    def _membership(self, message: Message) -> Json:
        guild = self.world.guild_of(message.channel)
        member = guild.members.get(message.author.id) if guild is not None else None
        return {} if member is None else {"member": member_object(member, with_user=False)}

    def _guild(self, happened: bus.GuildChanged, intents: int) -> Iterator[Dispatch]:
        if not intents & Intent.GUILDS:
            return
        guild = happened.guild
        if happened.change in ("emojis", "stickers"):
            if intents & Intent.GUILD_EXPRESSIONS and self._with_bot(guild.id):
                entries = guild_object(guild)[happened.change]
                data = {"guild_id": str(guild.id), happened.change: entries}
                yield Dispatch(f"GUILD_{happened.change.upper()}_UPDATE", data)
        elif happened.change == "create":  # that the bot joined shows in the missing `unavailable`
            data = self.guild_create(guild, intents)
            del data["unavailable"]
            yield Dispatch("GUILD_CREATE", data)
        elif happened.change == "available":
            yield Dispatch("GUILD_CREATE", self.guild_create(guild, intents))
        elif happened.change == "unavailable":
            yield Dispatch("GUILD_DELETE", {"id": str(guild.id), "unavailable": True})
        elif happened.change == "update":
            yield Dispatch("GUILD_UPDATE", guild_object(guild))
        else:
            # Without the `unavailable` key it means that the bot was removed.
            yield Dispatch("GUILD_DELETE", {"id": str(guild.id)})

    def _member(self, happened: bus.MemberChanged, intents: int) -> Iterator[Dispatch]:
        if not intents & Intent.GUILD_MEMBERS or not self._with_bot(happened.guild.id):
            return
        place = {"guild_id": str(happened.guild.id)}
        if happened.change == "delete":
            user = user_object(happened.member.user)
            yield Dispatch("GUILD_MEMBER_REMOVE", {**place, "user": user})
            return
        event = "GUILD_MEMBER_ADD" if happened.change == "create" else "GUILD_MEMBER_UPDATE"
        yield Dispatch(event, {**member_object(happened.member), **place})

    def _typing(self, happened: bus.Typing, intents: int) -> Iterator[Dispatch]:
        place: Channel = happened.channel
        direct = place.type is ChannelType.DM
        wanted = Intent.DIRECT_MESSAGE_TYPING if direct else Intent.GUILD_MESSAGE_TYPING
        if intents & wanted:
            data: Json = {
                "channel_id": str(place.id),
                "user_id": str(happened.user.id),
                "timestamp": int(self.world.clock()),
            }
            yield Dispatch("TYPING_START", data)
