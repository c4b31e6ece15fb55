"""The endpoint for each method and path.

The paths are spelled as in Discord's API description, so that a recorded call can be found there.
"""

from bot.simulator.rest import accounts, commands, interactions, messages
from bot.simulator.rest.calls import Endpoint

_COMMANDS = "/applications/{application_id}/commands"
_GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"
_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"

ROUTES: list[tuple[str, str, Endpoint]] = [
    ("GET", "/gateway", accounts.gateway),
    ("GET", "/gateway/bot", accounts.bot_gateway),
    ("GET", "/users/@me", accounts.me),
    ("GET", "/users/@me/guilds", accounts.my_guilds),
    ("POST", "/users/@me/channels", accounts.open_dm),
    ("GET", "/users/{user_id}", accounts.user),
    ("GET", "/applications/@me", accounts.application),
    ("GET", "/oauth2/applications/@me", accounts.application),
    ("GET", "/guilds/{guild_id}", accounts.guild),
    ("GET", "/guilds/{guild_id}/channels", accounts.guild_channels),
    ("GET", "/guilds/{guild_id}/roles", accounts.guild_roles),
    ("GET", "/guilds/{guild_id}/members", accounts.guild_members),
    ("GET", "/guilds/{guild_id}/members/{user_id}", accounts.guild_member),
    ("PUT", "/guilds/{guild_id}/members/{user_id}/roles/{role_id}", accounts.give_role),
    ("DELETE", "/guilds/{guild_id}/members/{user_id}/roles/{role_id}", accounts.take_role),
    ("GET", "/channels/{channel_id}", accounts.channel),
    ("PATCH", "/channels/{channel_id}", accounts.change_channel),
    ("POST", "/channels/{channel_id}/typing", accounts.typing),
    ("GET", "/channels/{channel_id}/messages", messages.listed),
    ("POST", "/channels/{channel_id}/messages", messages.create),
    ("GET", "/channels/{channel_id}/messages/{message_id}", messages.one),
    ("PATCH", "/channels/{channel_id}/messages/{message_id}", messages.edit),
    ("DELETE", "/channels/{channel_id}/messages/{message_id}", messages.delete),
    ("GET", _GUILD_COMMANDS + "/permissions", commands.all_permissions),
    ("GET", _GUILD_COMMANDS + "/{command_id}/permissions", commands.permissions),
    *(
        route
        for base in (_COMMANDS, _GUILD_COMMANDS)
        for route in (
            ("GET", base, commands.listed),
            ("PUT", base, commands.replace_all),
            ("POST", base, commands.create),
            ("GET", base + "/{command_id}", commands.one),
            ("PATCH", base + "/{command_id}", commands.change),
            ("DELETE", base + "/{command_id}", commands.delete),
        )
    ),
    (
        "POST",
        "/interactions/{interaction_id}/{interaction_token}/callback",
        interactions.callback,
    ),
    ("POST", _WEBHOOK, interactions.follow_up),
    *(
        route
        for which in ("@original", "{message_id}")
        for route in (
            ("GET", f"{_WEBHOOK}/messages/{which}", interactions.get),
            ("PATCH", f"{_WEBHOOK}/messages/{which}", interactions.edit),
            ("DELETE", f"{_WEBHOOK}/messages/{which}", interactions.delete),
        )
    ),
]
