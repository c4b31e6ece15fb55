"""Application commands, global and per guild."""

from bot.simulator.errors import missing_access, unknown
from bot.simulator.rest.calls import NO_CONTENT, Call, Reply


async def listed(call: Call) -> Reply:
    """GET .../commands; localised texts come where `with_localizations` is true."""
    localized = call.query.get("with_localizations", "").lower() in ("true", "1")
    return Reply(200, call.platform.commands.listed(_place(call), localized=localized))


async def replace_all(call: Call) -> Reply:
    """PUT .../commands."""
    commands = call.platform.commands
    return Reply(200, commands.replace_all(_place(call), call.body.items))


async def create(call: Call) -> Reply:
    """POST .../commands: 201 for a new one, 200 where the name was taken."""
    commands = call.platform.commands
    command, new = commands.put(_place(call), call.payload)
    return Reply(201 if new else 200, commands.object(command))


async def one(call: Call) -> Reply:
    """GET .../commands/{command_id}."""
    commands = call.platform.commands
    return Reply(200, commands.object(commands.get(call.id("command_id"), _place(call))))


async def change(call: Call) -> Reply:
    """PATCH .../commands/{command_id}."""
    commands = call.platform.commands
    command = commands.get(call.id("command_id"), _place(call))
    return Reply(200, commands.object(commands.change(command, call.payload)))


async def delete(call: Call) -> Reply:
    """DELETE .../commands/{command_id}."""
    commands = call.platform.commands
    commands.delete(commands.get(call.id("command_id"), _place(call)))
    return NO_CONTENT


async def all_permissions(call: Call) -> Reply:
    """GET .../commands/permissions."""
    commands, guild_id = call.platform.commands, _place(call) or 0
    return Reply(200, commands.integrations.of_guild(guild_id))


async def permissions(call: Call) -> Reply:
    """GET .../commands/{command_id}/permissions; 10066 where nothing is set."""
    commands, guild_id = call.platform.commands, _place(call) or 0
    command_id = call.id("command_id")
    if (guild_id, command_id) not in commands.integrations.rules:
        raise unknown(10066, "application command permissions")
    return Reply(200, commands.permissions_object(guild_id, command_id))


def _place(call: Call) -> int | None:
    """The guild of the path, None for global; raises `ApiError` for another application."""
    world = call.platform.world
    if call.id("application_id") != world.application_id:
        raise unknown(10002, "Application")
    if "guild_id" not in call.params:
        return None
    guild = world.guilds.get(call.id("guild_id"))
    if guild is None or world.bot.id not in guild.members:
        raise missing_access()
    return guild.id
