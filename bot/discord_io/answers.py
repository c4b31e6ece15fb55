"""Answers interactions and reports errors to members, for all commands and buttons."""

import contextlib
import logging
import math

import aiohttp
import discord
from discord import app_commands

from bot.back_off import BackOff
from bot.discord_io.components import Interaction
from bot.errors import MuralscapeError
from bot.languages.speech import Phrase, _, said
from bot.people import OUTSIDE, Member, Origin, Standing
from bot.texts import clean
from engine.errors import EngineError

log = logging.getLogger(__name__)

TOKEN_LIFE = 900.0  # seconds
LONGEST_NAME = 40  # characters of a member's name
_MARGIN = 15.0  # seconds before the token expires in which no answer is begun

ALREADY_ANSWERED = 40060
TOKEN_DEAD = 50027
TELLING = BackOff(first=1.0, factor=4.0, attempts=5)  # of telling a member something
# The interaction is unknown, expired or answered already; or its message was deleted (10008).
_NO_ANSWER_POSSIBLE = {10062, 10015, TOKEN_DEAD, ALREADY_ANSWERED, 10008}


async def tell(interaction: Interaction, error: BaseException) -> bool:
    """Tell the member alone about an error; log errors that are not the member's.

    Returns False when Discord could not be reached, so that the member does not know yet.
    """
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    if isinstance(error, discord.HTTPException) and error.code in _NO_ANSWER_POSSIBLE:
        log.warning("interaction %d cannot be answered: %s", interaction.id, error)
        return True
    sentence = sentence_for(error, interaction.id)
    what = f"interaction {interaction.id}: the answer did not arrive"
    try:
        await TELLING.retrying(may_have_arrived, log=log, what=what)(
            _answer_or_write, interaction, sentence
        )
    except (discord.HTTPException, aiohttp.ClientError, OSError) as failed:
        log.warning("%s: %s", what, failed)
        return not may_have_arrived(failed)
    return True


async def _answer_or_write(interaction: Interaction, sentence: str) -> None:
    """Answer, or send a direct message once the token is dead."""
    try:
        await answer(interaction, sentence)
    except discord.HTTPException as error:
        if error.code != TOKEN_DEAD:
            raise
        await interaction.user.send(sentence)


def may_have_arrived(error: Exception) -> bool:
    """Say whether Discord may have processed a call that failed, so that a retry may help."""
    if isinstance(error, discord.HTTPException):
        return error.status >= 500 or error.code == ALREADY_ANSWERED
    return isinstance(error, aiohttp.ClientError | OSError)  # OSError: time-outs too


def sentence_for(error: BaseException, number: int) -> str:
    """Give the sentence about an error for the member. `number` finds it in the log."""
    if isinstance(error, MuralscapeError):
        return error.sentence
    if isinstance(error, EngineError):
        return said(error.sentence)
    if isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
        return _("This command has just been updated. Type it again.")
    if isinstance(error, app_commands.CheckFailure):
        return _("You may not do that here.")
    if isinstance(error, app_commands.TransformerError):
        return _("One of the options has the wrong type.")
    log.error("interaction %d failed", number, exc_info=error)
    return unexpected(number)


def unexpected(number: int) -> Phrase:
    """Tell of an error that the log has under a number."""
    return _(
        "Something went wrong here. Try again, or tell the host of this bot; the log has the error "
        "under number {number}.",
        number=number,
    )


async def answer(interaction: Interaction, sentence: str) -> None:
    """Answer so that only the member sees it, after any earlier answer."""
    thinking = interaction.response.type is discord.InteractionResponseType.deferred_channel_message
    if not interaction.response.is_done():
        try:
            await interaction.response.send_message(sentence, ephemeral=True)
            return
        except discord.HTTPException as error:
            if error.code != ALREADY_ANSWERED:
                raise
            thinking = True  # a deferral arrived, but its confirmation was lost
    if thinking:
        # The first follow-up would replace the public "thinking" instead of being private.
        with contextlib.suppress(discord.NotFound):  # an earlier try deleted it
            await interaction.delete_original_response()
    await interaction.followup.send(sentence, ephemeral=True)


def origin_of(
    interaction: Interaction, guild_id: int | None = None, *, private: bool = False
) -> Origin:
    """Make the origin of a job from an interaction.

    `guild_id` is the server of a button that was pressed in a direct message; `private` makes the
    answer ephemeral.
    """
    return Origin(
        guild_id=guild_of(interaction) or guild_id or OUTSIDE,
        channel_id=interaction.channel_id or 0,
        member_id=interaction.user.id,
        interaction_id=interaction.id,
        interaction_token=interaction.token,
        token_expires_at=interaction.created_at.timestamp() + TOKEN_LIFE - _MARGIN,
        private=private,
        member_name=name_of(interaction),
        upload_limit=interaction.filesize_limit,
        age_restricted=is_age_restricted(interaction.channel),
        language=interaction.locale.value,
    )


def guild_of(interaction: Interaction) -> int:
    """Give the server on which an interaction counts: `OUTSIDE` where the bot is not in it."""
    return interaction.guild_id or OUTSIDE if interaction.is_guild_integration() else OUTSIDE


def is_age_restricted(channel: object) -> bool:
    """Say whether a channel is age-restricted, or the channel of a thread."""
    asked = getattr(channel, "is_nsfw", None)
    return asked is not None and bool(asked())


def standing_of(interaction: Interaction) -> Standing | None:
    """Give what a member may do where they act; None outside of the server that it counts on."""
    if guild_of(interaction) == OUTSIDE:
        return None
    held = interaction.permissions
    thread = isinstance(interaction.channel, discord.Thread)
    return Standing(
        roles=frozenset(role.id for role in getattr(interaction.user, "roles", ())),
        channels=channels_of(interaction),
        administers=held.administrator,
        manages=held.manage_guild,
        uses_commands=held.use_application_commands,
        sends_pictures=held.attach_files
        and (held.send_messages_in_threads if thread else held.send_messages),
    )


def channels_of(interaction: Interaction) -> tuple[int, ...]:
    """Give the channel of an interaction and the parent of a thread; none outside the server."""
    if guild_of(interaction) == OUTSIDE:
        return ()
    parent = getattr(interaction.channel, "parent_id", None)
    return tuple(channel for channel in (interaction.channel_id, parent) if channel)


def member_of(
    interaction: Interaction, guild_id: int | None = None, *, about: int | None = None
) -> Member:
    """Describe the member behind an interaction, with the permissions of their roles.

    The permissions in a single channel do not count, as its owner may give them; but they do where
    the interaction is `about` something in that very channel. `guild_id` is the server of a button
    that was pressed in a direct message.
    """
    user = interaction.user
    in_guild = guild_of(interaction) != OUTSIDE
    member = user if in_guild and isinstance(user, discord.Member) else None
    held = member.guild_permissions if member is not None else discord.Permissions.none()
    joined = member.joined_at if member is not None else None
    moderates = held.manage_messages
    if in_guild and about is not None and about == interaction.channel_id:
        moderates = moderates or interaction.permissions.manage_messages
    return Member(
        id=user.id,
        guild_id=guild_of(interaction) or guild_id or OUTSIDE,
        roles=frozenset(role.id for role in getattr(user, "roles", ())),
        manages=held.manage_guild,
        moderates=moderates,
        joined_at=joined.timestamp() if joined else math.inf,  # a guest has not joined
        name=name_of(interaction),
    )


def name_of(interaction: Interaction) -> str:
    """Give the display name of the member behind an interaction, cleaned."""
    return clean(interaction.user.display_name)[:LONGEST_NAME]
