"""Answers a request at once, then downloads its pictures and makes it a job."""

import asyncio
import logging

import aiohttp
import discord

from bot.discord_io import answers
from bot.discord_io.components import Interaction
from bot.errors import NothingToPaint
from bot.guilds.limits import EffectiveSettings
from bot.languages.speech import _
from bot.muralize.request import Draft, Repeat, Request
from bot.muralize.service import MuralizeService

log = logging.getLogger(__name__)


async def ask(
    muralize: MuralizeService, interaction: Interaction, effective: EffectiveSettings, draft: Draft
) -> None:
    """Accept a draft as a request. Raises NothingToPaint where its content is missing."""
    if draft.content is None:
        raise NothingToPaint(_("A picture to repaint is missing: upload one, or choose a member."))
    private = not effective.settings.public_results
    request = Request(
        origin=answers.origin_of(interaction, private=private),
        content=draft.content,
        style=draft.style,
        style_name=draft.style_name if draft.style is None else None,
        settings=draft.settings,
        mask=draft.mask,
        alt_text=draft.alt_text,
        still=draft.still,
    )
    await accept(muralize, interaction, request)


async def accept(
    muralize: MuralizeService, interaction: Interaction, request: Request | Repeat
) -> None:
    """Answer a request when it is stored, then make it a job."""
    # Stored before it is answered, so that a crash loses no accepted request; but a disk that hangs
    # must not delay the answer beyond Discord's 3 s.
    remembering = asyncio.create_task(muralize.remember(request))
    await asyncio.wait({remembering}, timeout=muralize.remember_seconds)
    if remembering.done():
        remembering.result()  # raises where the request is refused
    card = None
    try:
        answered = await interaction.response.defer(thinking=True, ephemeral=request.origin.private)
        if answered is not None and answered.message_id is not None:
            card = request.origin.channel_id, answered.message_id
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        await remembering
        if not answers.may_have_arrived(error):
            await muralize.forget(request)
            raise
        # The member may see "thinking" now; if not, the outcome can go to the channel.
        log.warning("interaction %d may have been answered: %s", interaction.id, error)
    await remembering
    try:
        await muralize.start(request, card, answers.standing_of(interaction))
    except Exception as error:  # noqa: BLE001 - the handler of all errors, which deletes it too
        if await answers.tell(interaction, error):
            await muralize.forget(request)
