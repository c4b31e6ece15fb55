"""Checks what the host has set for the application in Discord's developer portal."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.check.findings import Finding, failed, passed, warned
from bot.discord_io import permissions

IN_GUILDS, BY_USERS = "0", "1"  # the kinds of installation

# https://discord.com/developers/docs/resources/application#application-object-application-flags;
# each intent has a flag of its own for applications in fewer than 100 servers
INTENTS = {
    "Presence": 1 << 12 | 1 << 13,
    "Server Members": 1 << 14 | 1 << 15,
}
MESSAGE_CONTENT = 1 << 18 | 1 << 19


def check_application(application: Mapping[str, Any], *, outside: bool) -> Iterator[Finding]:
    """Judge an application; `outside`: whether the settings allow paintings outside of servers."""
    yield _intents(int(application["flags"]))
    if application.get("interactions_endpoint_url"):
        yield failed(
            "interactions",
            "Discord sends commands to an Interactions Endpoint URL instead of the bot",
            "clear that field under General Information in the developer portal",
        )
    if application.get("bot_require_code_grant"):
        yield failed(
            "invite",
            "the bot requires an OAuth2 code grant, so nobody can add it by a link",
            "switch Requires OAuth2 Code Grant off, under Bot",
        )
    yield from _installs(application, outside=outside)


def _intents(flags: int) -> Finding:
    used = [name for name, bits in INTENTS.items() if flags & bits]
    if not used:
        if flags & MESSAGE_CONTENT:
            return passed("intents", "Message Content is on, for the last picture of a channel")
        return passed("intents", "no privileged intents are on, and none is needed")
    return warned(
        "intents",
        f"{', '.join(used)} is switched on, which the bot does not use",
        "switch it off under Bot, Privileged Gateway Intents",
    )


def _installs(application: Mapping[str, Any], *, outside: bool) -> Iterator[Finding]:
    types: Mapping[str, Any] = application.get("integration_types_config") or {IN_GUILDS: {}}
    if IN_GUILDS not in types:
        yield failed(
            "installs",
            "the application cannot be added to servers",
            "tick Guild Install under Installation",
        )
    if BY_USERS in types and not outside:
        yield warned(
            "installs",
            "users may install it for themselves, but the settings allow no painting outside of "
            "servers",
            "untick User Install under Installation, or set limits.outside_jobs",
        )
    elif BY_USERS in types:
        yield passed("installs", "for servers, and by users for themselves")
    else:
        yield passed("installs", "for servers only; tick User Install to let users install it too")
    usual = (types.get(IN_GUILDS) or {}).get("oauth2_install_params")
    link = usual or application.get("install_params")
    if link is not None:
        yield from _link(link, int(application["id"]))


def _link(link: Mapping[str, Any], number: int) -> Iterator[Finding]:
    """Judge Discord's own install link, which the button Add App opens."""
    advice = f"set Install Link to None, or to the same as {permissions.invite_link(number)}"
    asked = int(link["permissions"])
    absent = {"bot", "applications.commands"} - set(link["scopes"])
    if absent:
        yield warned("install link", f"it lacks the scope {', '.join(sorted(absent))}", advice)
    if asked & ~permissions.all_bits():
        yield warned("install link", "it asks for permissions that the bot does not use", advice)
    elif lacking := permissions.missing(asked):
        names = ", ".join(need.name for need in lacking)
        yield warned("install link", f"it does not ask for {names}", advice)
