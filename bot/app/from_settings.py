"""Builds what follows from the settings alone: limits, quotas, the picture check and the links."""

from collections.abc import Callable

from bot.guilds.limits import Ceilings
from bot.pictures.decoder import Decoder
from bot.pictures.host_check import HostCheck, command, page
from bot.pictures.intake import Intake
from bot.pictures.model import FilmLimits
from bot.pictures.quotas import ByteQuotas, PictureQuotas
from bot.pictures.retention import PictureRetention
from bot.settings import LimitSettings, PictureCheckSettings, Settings
from bot.web.links import KEY_FILE, PaintingLinks
from engine.picture_limits import PictureLimits

MINUTE, DAY = 60.0, 86_400.0  # seconds


def ceilings_of(limits: LimitSettings) -> Ceilings:
    """Give the maxima of what servers may set."""
    return Ceilings(
        limits.jobs_per_member,
        limits.jobs_per_guild,
        limits.largest_size,
        limits.saved_styles,
        max(limits.jobs_per_person, limits.jobs_per_member),
        max(limits.jobs_in_all, limits.jobs_per_guild),
    )


def outside_of(limits: LimitSettings) -> Ceilings:
    """Give the limits outside of servers."""
    return Ceilings(
        limits.outside_jobs_per_user,
        limits.outside_jobs,
        limits.outside_largest_size,
        limits.saved_styles,
    )


def films_of(limits: LimitSettings) -> FilmLimits:
    """Give the limits of films that are painted from moving pictures."""
    return FilmLimits(
        limits.film_seconds,
        limits.film_frames,
        limits.film_pixels,
        limits.film_size,
        limits.film_minutes * MINUTE,
    )


def build_intake(settings: Settings, retention: PictureRetention, decoder: Decoder) -> Intake:
    """Build the intake, with the limits of uploads."""
    limits = settings.limits
    quotas = ByteQuotas(limits.member_bytes, limits.guild_bytes, limits.stored_bytes)
    return Intake(
        retention,
        PictureQuotas(retention, quotas),
        decoder,
        hosts=settings.discord.attachment_hosts,
        limits=PictureLimits(max_bytes=limits.attachment_bytes, max_pixels=limits.pixels),
        seconds=limits.download_seconds,
        films=films_of(limits),
        host_check=_host_check_of(settings.picture_check, retention, decoder),
    )


def build_links(settings: Settings, clock: Callable[[], float]) -> PaintingLinks:
    """Build the links to full paintings. `clock` gives Unix seconds."""
    web, limits = settings.web, settings.limits
    return PaintingLinks(
        settings.data_dir / KEY_FILE,
        web.public_url,
        web.link_days * DAY,
        limits.retention_days * DAY,
        clock,
    )


def _host_check_of(
    chosen: PictureCheckSettings, retention: PictureRetention, decoder: Decoder
) -> HostCheck | None:
    if not chosen.command and not chosen.url:
        return None
    return HostCheck(
        command(chosen.command) if chosen.command else page(chosen.url),
        retention.pictures,
        decoder,
        seconds=chosen.seconds,
        pass_on_failure=chosen.on_failure == "allow",
        at_a_time=chosen.at_a_time,
    )
