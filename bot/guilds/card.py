"""The text and components of `/settings`."""

from collections.abc import Sequence

import discord
from babel import Locale

from bot.discord_io.components import AnyItem, custom_id, view_of
from bot.guilds.limits import LEAST, Ceilings, EffectiveSettings, titles
from bot.guilds.model import GuildSettings
from bot.languages.speech import LANGUAGES, _, command, ngettext, pgettext, said
from engine.presets import PRESETS

FEATURE = "settings"
BY_DISCORD = "server"  # in place of a language: what the server itself says
MOST_CHOSEN = 25  # channels or roles; Discord's limit for a menu
_CHANNELS = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.forum,
]


def overview(
    effective: EffectiveSettings, guild_id: int, language: str, *, lost_channels: bool = False
) -> str:
    """List the settings of a server; `lost_channels`: all that were chosen have been deleted.

    `language` is the server's, chosen or not.
    """
    chosen = effective.settings
    title = titles()
    lines = [
        _places(chosen.paint_channels, lost=lost_channels),
        _("**Styles may be saved** by {roles}", roles=roles_in_words(chosen.style_roles))
        if chosen.style_roles
        else _("**Styles may be saved** by everyone"),
        _("**Challenges may be started** by {roles}", roles=roles_in_words(chosen.challenge_roles))
        if chosen.challenge_roles
        else _("**Challenges may be started** by members who may manage this server"),
        f"**{title['jobs_per_member']}**: {effective.jobs.per_member}",
        f"**{title['jobs_per_guild']}**: {effective.jobs.per_guild}",
        f"**{title['largest_size']}**: {effective.largest_size}",
        f"**{title['saved_styles']}**: {effective.saved_styles}",
        _("**Preset where none is chosen**: {preset}", preset=effective.default_preset),
        _("**Results** are shown to everyone")
        if chosen.public_results
        else _("**Results** are shown to their member only"),
        _("**When a painting took over a minute**, its member is mentioned")
        if chosen.mention_members
        else _("**When a painting took over a minute**, its member is not mentioned"),
        _(
            "**Words forbidden in names, titles and themes**: {number} ({command})",
            number=len(chosen.forbidden_words),
            command=command("settings words"),
        ),
        _(
            "**Closed challenges** are shown at `{path}` of the bot's pages",
            path=f"/gallery/{guild_id}",
        )
        if chosen.gallery
        else _("**Closed challenges** are not shown on the web"),
        _("**Language of messages to everyone**: {language}", language=own_name(language))
        if chosen.language
        else _(
            "**Language of messages to everyone**: {language}, as Discord says",
            language=own_name(language),
        ),
        _("**Decorative emoji**: yes") if chosen.emoji else _("**Decorative emoji**: no"),
        _("**Previews of paintings under way**: yes")
        if chosen.previews
        else _("**Previews of paintings under way**: no"),
    ]
    return "\n".join(lines)


def controls(effective: EffectiveSettings) -> discord.ui.View:
    """Make the components that change the settings, with the present values filled in."""
    chosen = effective.settings
    return view_of(
        discord.ui.ChannelSelect(
            custom_id=custom_id(FEATURE, "channels"),
            placeholder=pgettext("placeholder", "Channels to paint in (none chosen: everywhere)"),
            channel_types=_CHANNELS,
            min_values=0,
            max_values=MOST_CHOSEN,
            default_values=filled(chosen.paint_channels, discord.SelectDefaultValueType.channel),
        ),
        role_select(
            "styles",
            pgettext("placeholder", "Roles that may save styles (none: all)"),
            chosen.style_roles,
        ),
        role_select(
            "challenges",
            pgettext("placeholder", "Roles that may start challenges"),
            chosen.challenge_roles,
        ),
        discord.ui.Select(
            custom_id=custom_id(FEATURE, "preset"),
            placeholder=pgettext("placeholder", "Preset where a member chooses none"),
            options=[
                discord.SelectOption(
                    label=name,
                    value=name,
                    description=said(preset.summary)[:100],
                    default=name == effective.default_preset,
                )
                for name, preset in PRESETS.items()
            ],
        ),
        *_switches(chosen),
    )


def _switches(chosen: GuildSettings) -> list[AnyItem]:
    """Make the buttons, which open forms or change something to its opposite."""
    return [
        discord.ui.Button(
            label=pgettext("button", "Limits…"), emoji="🔢", custom_id=custom_id(FEATURE, "limits")
        ),
        discord.ui.Button(
            label=pgettext("button", "Make results private")
            if chosen.public_results
            else pgettext("button", "Show results to everyone"),
            emoji="🙈" if chosen.public_results else "👀",
            custom_id=custom_id(
                FEATURE, "results", "private" if chosen.public_results else "public"
            ),
        ),
        discord.ui.Button(
            label=pgettext("button", "Mention nobody")
            if chosen.mention_members
            else pgettext("button", "Mention members when done"),
            emoji="🔕" if chosen.mention_members else "🔔",
            custom_id=custom_id(FEATURE, "mention", "off" if chosen.mention_members else "on"),
        ),
        discord.ui.Button(
            label=pgettext("button", "Close the web gallery")
            if chosen.gallery
            else pgettext("button", "Open a web gallery"),
            emoji="🖼️",
            custom_id=custom_id(FEATURE, "gallery", "close" if chosen.gallery else "open"),
        ),
        discord.ui.Button(
            label=pgettext("button", "Language and display…"),
            emoji="🌐",
            custom_id=custom_id(FEATURE, "display"),
        ),
    ]


def own_name(language: str) -> str:
    """Name a language, which Discord calls `language`, in itself."""
    return str(Locale.parse(language, sep="-").get_display_name())


def display_fields(settings: GuildSettings) -> list[discord.ui.Label[discord.ui.View]]:
    """Make the fields of the form on the server's language, emoji and previews."""
    spoken = [
        discord.SelectOption(
            label=pgettext("label", "As Discord says"),
            value=BY_DISCORD,
            description=pgettext("hint", "The primary language in Discord's server settings"),
            default=settings.language is None,
        ),
        *(
            discord.SelectOption(label=own_name(one), value=one, default=one == settings.language)
            for one in LANGUAGES
        ),
    ]
    return [
        discord.ui.Label(
            text=pgettext("label", "Language"),
            description=pgettext(
                "hint", "Of announcements, murals and the log; members are answered in theirs"
            ),
            component=discord.ui.Select(custom_id="language", options=spoken),
        ),
        discord.ui.Label(
            text=pgettext("label", "Decorative emoji"),
            description=pgettext("hint", "At the start of lines, and on buttons"),
            component=_yes_or_no("emoji", chosen=settings.emoji),
        ),
        discord.ui.Label(
            text=pgettext("label", "Previews of paintings under way"),
            description=pgettext("hint", "Pictures that change while something is painted"),
            component=_yes_or_no("previews", chosen=settings.previews),
        ),
    ]


def _yes_or_no(name: str, *, chosen: bool) -> discord.ui.Select[discord.ui.View]:
    return discord.ui.Select(
        custom_id=name,
        options=[
            discord.SelectOption(label=pgettext("label", "Yes"), value="yes", default=chosen),
            discord.SelectOption(label=pgettext("label", "No"), value="no", default=not chosen),
        ],
    )


def limit_fields(
    effective: EffectiveSettings, ceilings: Ceilings
) -> list[discord.ui.Label[discord.ui.View]]:
    """Make the fields of the form, with the server's numbers filled in."""
    return [
        discord.ui.Label(
            text=title,
            description=pgettext(
                "hint",
                "From {least} to {most}; empty for the maximum",
                least=LEAST[name],
                most=getattr(ceilings, name),
            ),
            component=discord.ui.TextInput(
                custom_id=name,
                required=False,
                max_length=6,
                default=str(number) if (number := getattr(effective.settings, name)) else None,
            ),
        )
        for name, title in titles().items()
    ]


def words_field(settings: GuildSettings) -> discord.ui.Label[discord.ui.View]:
    """Make the field of the form, with the server's words filled in."""
    return discord.ui.Label(
        text=pgettext("label", "Words, one in a line"),
        description=pgettext(
            "hint", "In names of styles, titles and themes; case and accents do not matter"
        ),
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
        return _("No words are forbidden now.")
    return " ".join(
        (
            ngettext("The list has {n} entry now.", "The list has {n} entries now.", len(words)),
            _(
                "What has such a word already stays; moderators can change it with {rename_style}, "
                "{delete_style} and {rename_challenge}.",
                rename_style=command("style rename"),
                delete_style=command("style delete"),
                rename_challenge=command("challenge rename"),
            ),
        )
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


def roles_in_words(roles: Sequence[int]) -> str:
    """Name roles."""
    return ", ".join(f"<@&{role}>" for role in roles)


def _places(channels: Sequence[int], *, lost: bool) -> str:
    if channels:
        names = ", ".join(f"<#{channel}>" for channel in channels)
        return _("**Paintings may be made** in {channels}", channels=names)
    if lost:
        return _(
            "**Paintings may be made** everywhere (the channels that were chosen have been deleted)"
        )
    return _("**Paintings may be made** everywhere")
