"""Checks the token with Discord, and the bot's permissions in its servers."""

import base64
import binascii
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from bot.check.application import check_application
from bot.check.findings import Finding, failed, passed, warned
from bot.discord_io import permissions

SECONDS = 10.0  # for one answer
FEW_STARTS = 20  # log-ins left today
COPY = "copy it from the developer portal: your application, Bot, Reset Token"


class Refusal(Exception):
    """Discord answered with an error."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


def bot_id(token: str) -> int | None:
    """Read the bot's id from its token; None where the token has another form."""
    parts = token.split(".")
    if len(parts) != 3 or not all(parts):
        return None
    try:
        number = base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4))
    except (binascii.Error, ValueError):
        return None
    return int(number) if number.isdigit() else None


def check_token(token: str | None) -> Finding:
    """Check the form of the token, without showing it."""
    if token is None:
        return failed(
            "token",
            "there is none",
            "put it in the environment as MURALSCAPE_DISCORD__TOKEN or in a file named by "
            f"discord.token_file; {COPY}",
        )
    if bot_id(token) is None:
        return failed(
            "token",
            "it does not look like a bot token, which is three words joined by dots",
            f"it may be the client secret or the public key; {COPY}",
        )
    return passed("token", "it looks like a bot token")


async def check_account(
    api_base: str, token: str, *, outside: bool = True
) -> AsyncIterator[Finding]:
    """Ask Discord about the token, the application and the servers.

    `outside` is whether the settings allow paintings outside of servers.
    """
    try:
        async with DiscordApi(api_base, token) as api:
            application = await api.get("/applications/@me")
            starts = (await api.get("/gateway/bot"))["session_start_limit"]["remaining"]
            guilds = await api.get_list("/users/@me/guilds")
    except Refusal as refusal:
        yield _refused(refusal)
        return
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
        yield warned(
            "discord",
            f"{api_base} does not answer as Discord does ({type(error).__name__})",
            "check that this machine reaches the internet; the bot needs HTTPS and secure "
            "WebSockets to Discord",
        )
        return
    name, number = application["name"], int(application["id"])
    yield passed("discord", f"the token belongs to {name} ({number})")
    if starts < FEW_STARTS:
        yield warned(
            "log-ins",
            f"{starts} are left today",
            "something keeps restarting the bot; read its log before Discord resets the token",
        )
    for finding in check_application(application, outside=outside):
        yield finding
    for finding in _of_guilds(guilds, number):
        yield finding


async def application_id(api_base: str, token: str) -> int:
    """Ask Discord for the id of a token's application.

    Raises `Refusal`, and aiohttp's errors and `TimeoutError` where Discord cannot be reached.
    """
    async with DiscordApi(api_base, token) as api:
        return int((await api.get("/applications/@me"))["id"])


class DiscordApi:
    """A small client of the REST API without retries."""

    def __init__(self, api_base: str, token: str) -> None:
        self._api_base = api_base
        self._headers = {
            "Authorization": f"Bot {token}",
            # Discord asks every client to name itself in this form
            "User-Agent": "DiscordBot (muralscape, 0.1)",
        }

    async def __aenter__(self) -> "DiscordApi":
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, path: str) -> dict[str, Any]:
        """Read an object. Raises `Refusal`."""
        return dict(json.loads(await self._get(path)))

    async def get_list(self, path: str) -> list[dict[str, Any]]:
        """Read a list of objects. Raises `Refusal`."""
        return list(json.loads(await self._get(path)))

    async def _get(self, path: str) -> bytes:
        async with self._session.get(self._api_base + path, allow_redirects=False) as answer:
            if answer.status != 200:
                raise Refusal(answer.status)
            return await answer.read()


def _refused(refusal: Refusal) -> Finding:
    if refusal.status == 401:
        return failed("discord", "it does not accept the token", f"{COPY}; the old one is invalid")
    if refusal.status == 429:
        return warned("discord", "too many requests came from here", "try again in some minutes")
    return warned("discord", f"it answers HTTP {refusal.status}", "see https://discordstatus.com")


def _of_guilds(guilds: list[dict[str, Any]], number: int) -> list[Finding]:
    invite = f"open {permissions.invite_link(number)}"
    if not guilds:
        return [warned("servers", "the bot is in none", invite)]
    findings = []
    for guild in guilds:
        granted = int(guild["permissions"])
        if granted & permissions.ADMINISTRATOR:
            text = f"in {guild['name']} it is an administrator, which it does not need"
            findings.append(warned("permissions", text, "remove Administrator from its role"))
        elif lacking := permissions.missing(granted):
            names = ", ".join(need.name for need in lacking)
            text = f"in {guild['name']} it lacks {names}"
            findings.append(warned("permissions", text, f"grant it to its role, or {invite}"))
    number_of = "1 server" if len(guilds) == 1 else f"{len(guilds)} servers"
    return findings or [passed("permissions", f"complete in {number_of}")]
