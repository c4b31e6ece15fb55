"""Checks, before a job is admitted, that a member may still paint in a server.

An interaction in the server carries the member's roles and permissions. For a button in a direct
message, and for a request that was resumed after a restart, Discord is asked for them.
"""

from collections.abc import Collection

import discord

from bot.discord_io.client import MuralscapeClient
from bot.discord_io.command_rules import CommandRules
from bot.discord_io.sending import RouteClosed, explained
from bot.errors import OutsideClosed, Refused
from bot.languages.speech import ENGLISH, _
from bot.languages.speech import command as slash
from bot.people import OUTSIDE, Origin, Standing

COMMAND = "muralize"  # its rules apply to buttons that paint, too


class CommandClosed(Refused):
    """The server's Integrations page or permissions forbid the member the command."""

    def __init__(self, command: str) -> None:
        super().__init__(
            _("This server does not let you use {command} here.", command=slash(command))
        )


class NotAMember(Refused):
    """The member or the bot has left the server, or the member was banned."""

    def __init__(self) -> None:
        super().__init__(_("This belongs to a server that you or I are no longer in."))


class Access:
    """Checks membership, roles and permissions. Rules of commands are cached until they change."""

    def __init__(self, client: MuralscapeClient) -> None:
        self._client = client
        self._rules: dict[int, CommandRules] = {}
        self._changes = 0  # of any rules

    async def check(
        self, origin: Origin, standing: Standing | None, *, by_button: bool
    ) -> Standing:
        """Give what a member may do; ask Discord where `standing`, from the interaction, is None.

        Discord has checked the rules of a command that was typed, but not those for `by_button`.
        Raises NotAMember, CommandClosed and OutsideClosed; `SendError` where Discord does not
        answer.
        """
        if origin.guild_id == OUTSIDE:
            if self._client.shard_id:  # such jobs are those of bot 0, which has their pictures
                raise OutsideClosed
            return Standing(frozenset(), ())
        asked_anew = standing is None
        standing = standing or await self._ask(origin)
        if by_button or asked_anew:
            rules = await self._rules_of(origin.guild_id)
            if not rules.allow(origin.member_id, standing):
                raise CommandClosed(COMMAND)
        return standing

    async def is_member(self, guild_id: int, member_id: int) -> bool:
        """Ask Discord whether a user is a member of a server. Raises `SendError`."""
        return await self._fetch(guild_id, member_id) is not None

    def existing(self, guild_id: int) -> Collection[int] | None:
        """Give the ids of a server's channels and roles; None where they are not known."""
        guild = self._client.get_guild(guild_id)
        if guild is None or guild.unavailable:
            return None
        return {one.id for one in (*guild.channels, *guild.roles)}

    def language(self, guild_id: int) -> str:
        """Give the language that a server says it speaks; English where that is not known."""
        guild = self._client.get_guild(guild_id)
        return ENGLISH if guild is None else guild.preferred_locale.value

    async def forget(self, guild_id: int | None = None) -> None:
        """Read the rules of commands anew, of one server or of all."""
        self._changes += 1
        if guild_id is None:
            self._rules.clear()
        else:
            self._rules.pop(guild_id, None)

    async def _ask(self, origin: Origin) -> Standing:
        await self._client.wait_until_ready()  # a restart takes up requests before it is connected
        guild = self._client.get_guild(origin.guild_id)
        if guild is None:
            raise NotAMember
        member = await self._fetch(origin.guild_id, origin.member_id)
        if member is None:
            raise NotAMember
        roles = frozenset(role.id for role in member.roles)
        if guild.unavailable:  # an outage at Discord: no role and no channel is known
            return Standing(roles, ())
        channel = guild.get_channel_or_thread(origin.channel_id)
        if channel is None:  # a direct message, so that nothing is posted in the server
            held = member.guild_permissions
            return Standing(
                roles=roles,
                channels=(),
                administers=held.administrator,
                manages=held.manage_guild,
                uses_commands=held.use_application_commands,
            )
        held = channel.permissions_for(member)
        parent = channel.parent_id if isinstance(channel, discord.Thread) else None
        sends = held.send_messages if parent is None else held.send_messages_in_threads
        return Standing(
            roles=roles,
            channels=(channel.id, parent) if parent else (channel.id,),
            administers=held.administrator,
            manages=held.manage_guild,
            uses_commands=held.use_application_commands,
            sends_pictures=sends and held.attach_files,
        )

    async def _fetch(self, guild_id: int, member_id: int) -> discord.Member | None:
        """Fetch a member; None where there is none, or the server is not the bot's any more."""
        guild = self._client.get_guild(guild_id)
        try:
            with explained():
                return None if guild is None else await guild.fetch_member(member_id)
        except RouteClosed as error:
            if isinstance(error.__cause__, discord.NotFound):
                return None
            raise

    async def _rules_of(self, guild_id: int) -> CommandRules:
        known = self._rules.get(guild_id)
        if known is None:
            application, changes = self._client.application_id or 0, self._changes
            with explained():
                answer = await self._client.http.get_guild_application_command_permissions(
                    application, guild_id
                )
            command = self._client.command_ids.get(COMMAND, 0)
            known = CommandRules.from_json(guild_id, command, application, answer)
            if changes == self._changes:  # else the answer may be older than the change
                self._rules[guild_id] = known
        return known
