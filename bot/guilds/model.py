"""The settings of a server: plain data. Ids are Discord's."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any


class Switch(StrEnum):
    """A feature that a server may switch off, with its commands, buttons and pages."""

    PAINTING = "painting"
    PAINTINGS = "paintings"
    QUEUE = "queue"
    STYLES = "styles"
    CHALLENGES = "challenges"
    MURALS = "murals"


@dataclass(frozen=True)
class RoleAllowance:
    """The painting time of the members with a role, in seconds; None is unbounded."""

    role_id: int  # the server's own id stands for everyone
    per_hour: int | None = None
    per_day: int | None = None


@dataclass(frozen=True)
class GuildSettings:
    """The settings that a server has chosen. None takes the host's value.

    Each yes/no setting has its texts in `yes_or_no` of `settings_panel.py`.
    """

    paint_channels: tuple[int, ...] = ()  # empty: everywhere
    style_roles: tuple[int, ...] = ()  # may save styles; empty: everyone
    challenge_roles: tuple[int, ...] = ()  # may start challenges, as managers may
    jobs_per_member: int | None = None
    jobs_per_guild: int | None = None
    largest_size: int | None = None  # pixels on the long side
    saved_styles: int | None = None
    default_preset: str | None = None
    public_results: bool = True
    mention_members: bool = True  # when a painting took longer than a minute
    forbidden_words: tuple[str, ...] = ()  # in names of styles, titles and themes; folded
    gallery: bool = False  # show closed challenges on the web
    paint_roles: tuple[int, ...] = ()  # may paint, as managers may; empty: everyone
    allowances: tuple[RoleAllowance, ...] = ()  # one for a role
    off: tuple[str, ...] = ()  # the features that are switched off, as in `Switch`
    log_channel: int | None = None  # where moderators read what happened
    language: str | None = None  # by Discord's name; None: as the server itself says
    emoji: bool = True  # those that decorate texts and buttons
    previews: bool = True  # of paintings under way

    def has_off(self, feature: str) -> bool:
        """Say whether a feature is switched off."""
        return feature in self.off

    def to_json(self) -> dict[str, Any]:
        """Give the settings as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "GuildSettings":
        """Read the result of `to_json`, also of an older version."""
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in stored.items()
            if name in known
        }
        allowances = tuple(RoleAllowance(**one) for one in values.get("allowances", ()))
        return cls(**{**values, "allowances": allowances})
