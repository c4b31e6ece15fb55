"""Builds the feature of `/paintings`."""

from bot.feature import Feature
from bot.guilds.model import Switch
from bot.guilds.service import GuildService
from bot.jobs.service import JobService
from bot.muralize.packer import LinkTo, OutcomePacker
from bot.own_paintings.button_handlers import PaintingButtonHandlers
from bot.own_paintings.buttons import FEATURE
from bot.own_paintings.command import make_command
from bot.own_paintings.service import PaintingService
from bot.pictures.decoder import Decoder
from bot.pictures.store import PictureStore


def feature(
    jobs: JobService,
    guilds: GuildService,
    pictures: PictureStore,
    decoder: Decoder,
    link_to: LinkTo,
    kept_seconds: float,
) -> Feature:
    """Build the command and its buttons. A painting is deleted `kept_seconds` after its job."""
    service = PaintingService(jobs, guilds, pictures, decoder)
    packer = OutcomePacker(jobs, pictures, decoder, link_to, guilds.switched_off)
    handlers = PaintingButtonHandlers(service, packer, kept_seconds)
    return Feature(
        name=Switch.PAINTINGS,
        commands=[make_command(handlers.show_page)],
        buttons={FEATURE: handlers},
    )
