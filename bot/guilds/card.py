"""The text and components of `/settings`."""

from collections.abc import Sequence

import discord

from bot.discord_io.components import AnyItem, custom_id, view_of
from bot.guilds.model import Ceilings, EffectiveSettings, GuildSettings
from bot.guilds.rules import NUMBERS
from engine.presets import PRESETS

FEATURE = "settings"
MOST_CHOSEN = 25  # channels or roles; Discord's limit for a menu
_CHANNELS = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.forum,
]


def overview(effective: EffectiveSettings, guild_id: int, *, lost_channels: bool = False) -> str:
    """List the settings of a server; `lost_channels`: all that were chosen have been deleted."""
    chosen = effective.settings
    lost = " (the channels that were chosen have been deleted)" if lost_channels else ""
    gallery = f"shown at `/gallery/{guild_id}` of the bot's pages"
    lines = [
        f"**Paintings may be made** {_places(chosen.paint_channels)}{lost}",
        f"**Styles may be saved** by {roles_in_words(chosen.style_roles, 'everyone')}",
        f"**Challenges may be started** by "
        f"{roles_in_words(chosen.challenge_roles, 'members who may manage this server')}",
        f"**{NUMBERS['jobs_per_member'][0]}**: {effective.jobs.per_member}",
        f"**{NUMBERS['jobs_per_guild'][0]}**: {effective.jobs.per_guild}",
        f"**{NUMBERS['largest_size'][0]}**: {effective.largest_size}",
        f"**{NUMBERS['saved_styles'][0]}**: {effective.saved_styles}",
        f"**Preset where none is chosen**: {effective.default_preset}",
        f"**Results** are shown to {'everyone' if chosen.public_results else 'their member only'}",
        f"**When a painting took over a minute**, its member is "
        f"{'mentioned' if chosen.mention_members else 'not mentioned'}",
        f"**Words forbidden in names, titles and themes**: {len(chosen.forbidden_words)}"
        " (`/settings words`)",
        f"**Closed challenges** are {gallery if chosen.gallery else 'not shown on the web'}",
    ]
    return "\n".join(lines)


def controls(effective: EffectiveSettings) -> discord.ui.View:
    """Make the components that change the settings, with the present values filled in."""
    chosen = effective.settings
    return view_of(
        discord.ui.ChannelSelect(
            custom_id=custom_id(FEATURE, "channels"),
            placeholder="Channels to paint in (none chosen: everywhere)",
            channel_types=_CHANNELS,
            min_values=0,
            max_values=MOST_CHOSEN,
            default_values=filled(chosen.paint_channels, discord.SelectDefaultValueType.channel),
        ),
        role_select("styles", "Roles that may save styles (none: all)", chosen.style_roles),
        role_select("challenges", "Roles that may start challenges", chosen.challenge_roles),
        discord.ui.Select(
            custom_id=custom_id(FEATURE, "preset"),
            placeholder="Preset where a member chooses none",
            options=[
                discord.SelectOption(
                    label=name,
                    value=name,
                    description=preset.summary[:100],
                    default=name == effective.default_preset,
                )
                for name, preset in PRESETS.items()
            ],
        ),
        discord.ui.Button(label="Limits…", emoji="🔢", custom_id=custom_id(FEATURE, "limits")),
        discord.ui.Button(
            label="Make results private" if chosen.public_results else "Show results to everyone",
            emoji="🙈" if chosen.public_results else "👀",
            custom_id=custom_id(
                FEATURE, "results", "private" if chosen.public_results else "public"
            ),
        ),
        discord.ui.Button(
            label="Mention nobody" if chosen.mention_members else "Mention members when done",
            emoji="🔕" if chosen.mention_members else "🔔",
            custom_id=custom_id(FEATURE, "mention", "off" if chosen.mention_members else "on"),
        ),
        discord.ui.Button(
            label="Close the web gallery" if chosen.gallery else "Open a web gallery",
            emoji="🖼️",
            custom_id=custom_id(FEATURE, "gallery", "close" if chosen.gallery else "open"),
        ),
    )


def limit_fields(
    effective: EffectiveSettings, ceilings: Ceilings
) -> list[discord.ui.Label[discord.ui.View]]:
    """Make the fields of the form, with the server's numbers filled in."""
    return [
        discord.ui.Label(
            text=title,
            description=f"From {least} to {getattr(ceilings, name)}; empty for the maximum",
            component=discord.ui.TextInput(
                custom_id=name,
                required=False,
                max_length=6,
                default=str(number) if (number := getattr(effective.settings, name)) else None,
            ),
        )
        for name, (title, least) in NUMBERS.items()
    ]


def words_field(settings: GuildSettings) -> discord.ui.Label[discord.ui.View]:
    """Make the field of the form, with the server's words filled in."""
    return discord.ui.Label(
        text="Words, one in a line",
        description="In names of styles, titles and themes; case and accents do not matter",
        component=discord.ui.TextInput(
            custom_id="words",
            style=discord.TextStyle.paragraph,
            required=False,
            default="\n".join(settings.forbidden_words) or None,
        ),
    )


def words_stored(words: Sequence[str]) -> str:
    """Confirm the list; the words themselves are in the form."""
    if not words:
        return "No words are forbidden now."
    number = f"{len(words)} {'entry' if len(words) == 1 else 'entries'}"
    return (
        f"The list has {number} now. What has such a word already stays; moderators can change it "
        "with `/style rename`, `/style delete` and `/challenge rename`."
    )


def role_select(path: str, placeholder: str, chosen: Sequence[int]) -> AnyItem:
    """Make a menu of roles, with those chosen filled in."""
    return discord.ui.RoleSelect(
        custom_id=custom_id(FEATURE, path),
        placeholder=placeholder,
        min_values=0,
        max_values=MOST_CHOSEN,
        default_values=filled(chosen, discord.SelectDefaultValueType.role),
    )


def filled(
    ids: Sequence[int], kind: discord.SelectDefaultValueType
) -> list[discord.SelectDefaultValue]:
    """Fill in the channels or roles of a menu."""
    return [discord.SelectDefaultValue(id=number, type=kind) for number in ids]


def _places(channels: Sequence[int]) -> str:
    return "in " + ", ".join(f"<#{channel}>" for channel in channels) if channels else "everywhere"


def roles_in_words(roles: Sequence[int], otherwise: str) -> str:
    """Name roles, or say `otherwise` where there are none."""
    return ", ".join(f"<@&{role}>" for role in roles) or otherwise
