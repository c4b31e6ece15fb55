"""The bot itself, users, guilds and channels."""

from bot.simulator.bus import MemberChanged, Typing
from bot.simulator.errors import missing_access, missing_permissions, unknown
from bot.simulator.model import Guild, Json, Member
from bot.simulator.objects import (
    channel_object,
    guild_object,
    member_object,
    role_object,
    user_object,
)
from bot.simulator.permissions import Permission, to_send
from bot.simulator.rest.calls import NO_CONTENT, Call, Reply, need, visible_channel
from bot.simulator.world import World


def application_object(world: World) -> Json:
    """The application that the bot belongs to, with the portal's settings in `world.portal`."""
    return {
        "id": str(world.application_id),
        "name": "Muralscape",
        "icon": None,
        "description": "",
        "type": None,
        "bot": user_object(world.bot),
        "bot_public": False,
        "bot_require_code_grant": False,
        "integration_types_config": {"0": {}, "1": {}},
        "verify_key": "0" * 64,
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user_object(world.application_owner),
        "approximate_guild_count": len(world.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
        "rpc_origins": [],
        "tags": [],
        **world.portal,
        "flags": world.application_flags,
        "flags_new": str(world.application_flags),
    }


async def application(call: Call) -> Reply:
    """GET /applications/@me and /oauth2/applications/@me."""
    return Reply(200, application_object(call.platform.world))


async def me(call: Call) -> Reply:
    """GET /users/@me."""
    private = {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}
    return Reply(200, {**user_object(call.platform.world.bot), **private})


async def my_guilds(call: Call) -> Reply:
    """GET /users/@me/guilds."""
    world = call.platform.world
    guilds: list[Json] = [
        {
            "id": str(guild.id),
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": guild.owner_id == world.bot.id,
            "permissions": str(int(world.permissions(world.bot, None, guild))),
            "features": [],
        }
        for guild in world.guilds.values()
        if world.bot.id in guild.members
    ]
    return Reply(200, guilds)


async def user(call: Call) -> Reply:
    """GET /users/{user_id}."""
    found = call.platform.world.users.get(call.id("user_id"))
    if found is None:
        raise unknown(10013, "User")
    return Reply(200, user_object(found))


async def gateway(call: Call) -> Reply:
    """GET /gateway."""
    return Reply(200, {"url": call.platform.gateway_url})


async def bot_gateway(call: Call) -> Reply:
    """GET /gateway/bot."""
    starts = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
    body = {"url": call.platform.gateway_url, "shards": 1, "session_start_limit": starts}
    return Reply(200, body)


async def open_dm(call: Call) -> Reply:
    """POST /users/@me/channels. Works with closed DMs too: only a message is refused."""
    world = call.platform.world
    recipient = world.users.get(int(call.payload.get("recipient_id") or 0))
    if recipient is None or recipient is world.bot:
        raise unknown(10013, "User")
    return Reply(200, channel_object(world.dm(recipient)))


async def guild(call: Call) -> Reply:
    """GET /guilds/{guild_id}."""
    return Reply(200, guild_object(_guild(call)))


async def guild_channels(call: Call) -> Reply:
    """GET /guilds/{guild_id}/channels."""
    return Reply(200, [channel_object(channel) for channel in _guild(call).channels.values()])


async def guild_roles(call: Call) -> Reply:
    """GET /guilds/{guild_id}/roles."""
    return Reply(200, [role_object(role) for role in _guild(call).roles.values()])


async def guild_members(call: Call) -> Reply:
    """GET /guilds/{guild_id}/members."""
    after, limit = int(call.query.get("after", 0)), int(call.query.get("limit", 1))
    members = sorted(_guild(call).members.values(), key=lambda m: m.user.id)
    page = [member_object(m) for m in members if m.user.id > after][:limit]
    return Reply(200, page)


async def guild_member(call: Call) -> Reply:
    """GET /guilds/{guild_id}/members/{user_id}."""
    return Reply(200, member_object(_member(call, _guild(call))))


async def give_role(call: Call) -> Reply:
    """PUT /guilds/{guild_id}/members/{user_id}/roles/{role_id}."""
    return _change_role(call, give=True)


async def take_role(call: Call) -> Reply:
    """DELETE /guilds/{guild_id}/members/{user_id}/roles/{role_id}."""
    return _change_role(call, give=False)


async def channel(call: Call) -> Reply:
    """GET /channels/{channel_id}."""
    return Reply(200, channel_object(visible_channel(call)))


async def change_channel(call: Call) -> Reply:
    """PATCH /channels/{channel_id}: of a thread, whether it is archived."""
    world, place = call.platform.world, visible_channel(call)
    if not place.type.thread:
        raise missing_permissions()
    need(call.platform, place, Permission.MANAGE_THREADS if place.locked else to_send(place))
    if call.payload.get("archived") is False:
        world.reopen(place)
    return Reply(200, channel_object(place))


async def typing(call: Call) -> Reply:
    """POST /channels/{channel_id}/typing."""
    place = visible_channel(call)
    need(call.platform, place, to_send(place))
    call.platform.bus.publish(Typing(place, call.platform.world.bot))
    return NO_CONTENT


def _guild(call: Call) -> Guild:
    world = call.platform.world
    found = world.guilds.get(call.id("guild_id"))
    if found is None:
        raise unknown(10004, "Guild")
    if world.bot.id not in found.members:
        raise missing_access()
    return found


def _member(call: Call, place: Guild) -> Member:
    found = place.members.get(call.id("user_id"))
    if found is None:
        raise unknown(10007, "Member")
    return found


def _change_role(call: Call, *, give: bool) -> Reply:
    world, place = call.platform.world, _guild(call)
    member, role = _member(call, place), place.roles.get(call.id("role_id"))
    if role is None:
        raise unknown(10011, "Role")
    if not world.permissions(world.bot, None, place) & Permission.MANAGE_ROLES:
        raise missing_permissions()
    if give and role.id not in member.roles:
        member.roles.append(role.id)
    elif not give and role.id in member.roles:
        member.roles.remove(role.id)
    world.bus.publish(MemberChanged("update", place, member))
    return NO_CONTENT
