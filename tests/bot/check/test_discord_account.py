"""The token and what Discord says of it."""

import discord

from bot.check.discord_account import bot_id, check_account, check_token
from bot.check.findings import Finding, Level
from bot.discord_io import permissions
from bot.simulator import Permission, Simulator


async def ask(simulator: Simulator, token: str | None = None) -> dict[str, Finding]:
    """Check an account, by default the simulator's own; the findings by their names."""
    token = simulator.world.token if token is None else token
    return {found.name: found async for found in check_account(simulator.api_base, token)}


def test_token_shapes(simulator: Simulator) -> None:
    """A bot's token passes and tells its id; other secrets of the portal do not."""
    assert check_token(simulator.world.token).level is Level.PASS
    assert bot_id(simulator.world.token) == simulator.world.bot.id
    for wrong in (None, "", "abc", "a.b.c", "..", "Bot x.y.z", "é.b.c", "8J+YgA.b.c"):
        found = check_token(wrong)
        assert found.level is Level.FAIL
        assert "developer portal" in found.advice
        assert not wrong or len(wrong) < 3 or wrong not in found.text


async def test_all_is_well(simulator: Simulator) -> None:
    """Discord knows the token, and the server grants what is needed."""
    findings = await ask(simulator)
    assert {found.level for found in findings.values()} == {Level.PASS}
    assert str(simulator.world.application_id) in findings["discord"].text
    assert findings["permissions"].text == "complete in 1 server"


async def test_a_permission_is_missing(simulator: Simulator) -> None:
    """A server that does not grant something is named, with the link that asks for it."""
    assert simulator.atelier is not None
    guild = simulator.atelier.guild
    for role in guild.roles.values():
        role.permissions &= ~int(Permission.ATTACH_FILES | Permission.READ_MESSAGE_HISTORY)
    found = (await ask(simulator))["permissions"]
    assert found.level is Level.WARN
    assert found.text == f"in {guild.name} it lacks Attach Files, Read Message History"
    assert permissions.invite_link(simulator.world.application_id) in found.advice


async def test_too_much_permission(simulator: Simulator) -> None:
    """An administrator is told that it need not be one."""
    assert simulator.atelier is not None
    for role in simulator.atelier.guild.roles.values():
        role.permissions |= int(Permission.ADMINISTRATOR)
    found = (await ask(simulator))["permissions"]
    assert (found.level, "administrator" in found.text) == (Level.WARN, True)


async def test_in_no_server() -> None:
    """A bot that is in no server is told how to be added to one."""
    async with Simulator(empty=True) as simulator:
        found = (await ask(simulator))["servers"]
    assert found.level is Level.WARN
    assert "oauth2/authorize" in found.advice


async def test_a_wrong_token(simulator: Simulator) -> None:
    """A token that Discord does not know fails and is not shown."""
    token = simulator.world.token[:-4] + "AAAA"
    (found,) = (await ask(simulator, token)).values()
    assert (found.name, found.level) == ("discord", Level.FAIL)
    assert token not in found.text + found.advice


async def test_discord_is_unwell(simulator: Simulator) -> None:
    """Too many requests, and what is Discord's own fault, warn and do not fail."""
    simulator.faults.rate_limit(1.0)
    for words in ("too many requests", "HTTP 502"):
        (found,) = (await ask(simulator)).values()
        assert found.level is Level.WARN
        assert words in found.text
        simulator.faults.fail()


async def test_discord_cannot_be_reached(simulator: Simulator) -> None:
    """A machine that does not reach Discord is told what the bot needs."""
    api_base = simulator.api_base
    await simulator.stop()
    (found,) = [found async for found in check_account(api_base, simulator.world.token)]
    assert found.level is Level.WARN
    assert "HTTPS" in found.advice


def test_needs_are_discords_own() -> None:
    """Every permission has Discord's bit, and the link asks for exactly these."""
    names = {
        "View Channels": "view_channel",
        "Send Messages": "send_messages",
        "Attach Files": "attach_files",
        "Read Message History": "read_message_history",
        "Send Messages in Threads": "send_messages_in_threads",
    }
    assert {need.name for need in permissions.PERMISSIONS} == names.keys()
    for need in permissions.PERMISSIONS:
        assert discord.Permissions(need.bit) == discord.Permissions(**{names[need.name]: True})
    link = discord.utils.oauth_url(
        1234,
        permissions=discord.Permissions(permissions.all_bits()),
        scopes=("bot", "applications.commands"),
    )
    assert permissions.invite_link(1234).split("?")[1].split("&") == link.split("?")[1].split("&")


async def test_what_the_portal_says(simulator: Simulator) -> None:
    """Each setting of the portal that keeps the bot from working, or is not needed, is named."""
    portal = simulator.world.portal
    portal["flags"] = 1 << 15 | 1 << 19 | 1 << 23
    portal["interactions_endpoint_url"] = "https://example.com/interactions"
    portal["bot_require_code_grant"] = True
    too_much = {"scopes": ["bot"], "permissions": str(permissions.all_bits() | 1 << 3)}
    portal["integration_types_config"] = {"0": {"oauth2_install_params": too_much}}
    findings = await ask(simulator)
    assert findings["intents"].text.startswith("Server Members is switched on")
    for name in ("interactions", "invite"):
        assert findings[name].level is Level.FAIL
    assert "permissions that the bot does not use" in findings["install link"].text
    assert "servers only" in findings["installs"].text

    portal["flags"] = 1 << 19
    portal["integration_types_config"] = {"1": {}}
    findings = await ask(simulator)
    assert findings["installs"].level is Level.PASS  # after the failure, below
    assert "for the last picture" in findings["intents"].text
    found = [one async for one in check_account(simulator.api_base, simulator.world.token)]
    assert ("installs", Level.FAIL) in [(one.name, one.level) for one in found]
    asked = check_account(simulator.api_base, simulator.world.token, outside=False)
    assert "no painting outside" in " ".join([one.text async for one in asked])
