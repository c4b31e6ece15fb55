"""Checks a channel in which a member lets the bot post something, before it is begun."""

import discord

from bot.discord_io import answers
from bot.discord_io.components import Interaction
from bot.errors import Refused
from bot.languages.speech import _


def check_channel(interaction: Interaction, channel_id: int) -> None:
    """Raise Refused for a channel or thread in which the bot cannot post pictures."""
    guild = interaction.guild
    channel = guild.get_channel_or_thread(channel_id) if guild is not None else None
    if channel_id == interaction.channel_id:
        # what Discord says of this very place; also where the bot does not know the thread
        held = interaction.app_permissions
        channel = channel or interaction.channel  # type: ignore[assignment]  # no direct message
    elif channel is not None and guild is not None:
        held = channel.permissions_for(guild.me)
    else:
        return  # Discord checks it when the message is sent, and the answer tells
    may_send = held.send_messages
    if isinstance(channel, discord.Thread):
        may_send = held.send_messages_in_threads and (held.manage_threads or not channel.locked)
    if not (held.view_channel and may_send and held.attach_files):
        raise Refused(
            _("I may not post pictures in <#{channel}>; choose another.", channel=channel_id)
        )


def is_restricted(interaction: Interaction, channel_id: int) -> bool:
    """Say whether a channel of the interaction's server is age-restricted."""
    if channel_id == interaction.channel_id:
        return answers.is_age_restricted(interaction.channel)
    guild = interaction.guild
    return answers.is_age_restricted(guild.get_channel_or_thread(channel_id) if guild else None)
