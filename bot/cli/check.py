"""`muralscape check`: checks everything that the bot needs, with advice on each fault."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import click

from bot.app.choose_executor import local_executor
from bot.check.database import check_database
from bot.check.discord_account import check_account, check_token
from bot.check.engine import check_engine
from bot.check.findings import Finding, Level, failed, passed
from bot.check.machine import check_disk, check_folder, check_pages
from bot.cli.options import config_option
from bot.settings import Settings
from bot.settings_loader import SettingsError, load

COLOURS = {Level.PASS: "green", Level.WARN: "yellow", Level.FAIL: "red"}


@click.command(name="check")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
@click.pass_context
def command(context: click.Context, config: Path | None, as_json: bool) -> None:
    """Check everything that the bot needs, with advice on each fault.

    Each line passes, warns or fails. Exit code 0 where nothing fails, else 1. Nothing is changed,
    and the bot may be running.
    """
    findings = asyncio.run(_check(config, show=not as_json))
    worst = max(findings, key=lambda finding: list(Level).index(finding.level)).level
    if as_json:
        found = [asdict(finding) for finding in findings]
        click.echo(json.dumps({"result": worst, "findings": found}, ensure_ascii=False))
    context.exit(1 if worst is Level.FAIL else 0)


async def _check(config: Path | None, *, show: bool) -> list[Finding]:
    findings = []
    async for finding in _find(config):
        findings.append(finding)
        if show:
            _show(finding)
    return findings


async def _find(config: Path | None) -> AsyncIterator[Finding]:
    source = f"{config} and the environment" if config else "the environment"
    try:
        settings = load(config)
    except SettingsError as error:
        for fault in error.faults:
            yield failed("settings", fault, "config.example.toml explains every setting")
        return
    yield passed("settings", f"read from {source}")
    secret = settings.discord.token
    token = secret.get_secret_value() if secret is not None else None
    found = check_token(token)
    yield found
    if token is not None and found.level is Level.PASS:
        outside = min(settings.limits.outside_jobs, settings.limits.outside_jobs_per_user) > 0
        async for finding in check_account(settings.discord.api_base, token, outside=outside):
            yield finding
    async for finding in _find_here(settings):
        yield finding


async def _find_here(settings: Settings) -> AsyncIterator[Finding]:
    """Check this machine."""
    yield check_folder(settings.data_dir)
    yield check_disk(settings.data_dir)
    yield await check_database(settings.database)
    yield check_pages(settings.web.host, settings.web.port, settings.web.admin_port)
    for device, paintings in Counter(settings.engine.device).items():
        executor = local_executor(settings, [device])
        async for finding in check_engine(executor, device, paintings):
            yield finding


def _show(finding: Finding) -> None:
    level = click.style(f"{finding.level:<5}", fg=COLOURS[finding.level], bold=True)
    click.echo(f"{level} {finding.name:<12} {finding.text}")
    if finding.advice:
        click.echo(f"{'':<19}-> {finding.advice}")
