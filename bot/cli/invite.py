"""`muralscape invite`: the link that adds the bot to a server."""

import asyncio
from pathlib import Path

import aiohttp
import click

from bot.check.discord_account import COPY, Refusal, application_id, bot_id
from bot.cli.options import config_option, load_settings
from bot.discord_io import permissions
from bot.settings import Settings


@click.command(name="invite")
@config_option
@click.option(
    "--application",
    type=click.IntRange(min=1),
    help="The application's id, from the developer portal; no token is needed then.",
)
def command(config: Path | None, application: int | None) -> None:
    """Print the link that adds the bot to a server, with the exact permissions it needs."""
    if application is None:
        application = asyncio.run(_ask(load_settings(config, token_required=True)))
    click.echo(permissions.invite_link(application))
    for need in permissions.PERMISSIONS:
        click.echo(f"  {need.name:<26} {need.reason}", err=True)


async def _ask(settings: Settings) -> int:
    """Ask Discord for the application's id; offline, take the bot's, which is usually the same."""
    secret = settings.discord.token
    token = secret.get_secret_value() if secret is not None else ""
    offline = bot_id(token)
    try:
        return await application_id(settings.discord.api_base, token)
    except Refusal as refusal:
        if refusal.status == 401 or offline is None:
            raise click.UsageError(
                f"Discord does not accept the token ({refusal}); {COPY}"
            ) from None
    except (aiohttp.ClientError, TimeoutError):
        if offline is None:
            raise click.UsageError(f"this is not a bot token; {COPY}") from None
    return offline
