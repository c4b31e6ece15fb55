"""Builds the feature of `/muralize`: requests, cards, delivery, buttons, full files."""

import logging
import time
from collections.abc import Callable
from functools import partial

import discord

from bot.back_off import BackOff
from bot.discord_io.answers import TELLING
from bot.discord_io.sending import NotNow, SendError
from bot.feature import Feature
from bot.guilds.model import Switch
from bot.guilds.service import GuildService
from bot.jobs.data import JobData
from bot.jobs.service import JobService
from bot.languages.speech import english
from bot.muralize.button_handlers import Enter, JobButtonHandlers
from bot.muralize.buttons import FEATURE
from bot.muralize.command import make_command
from bot.muralize.delivery import Deliverer
from bot.muralize.finder import PictureFinder
from bot.muralize.forms import MissingForm, StyleForm
from bot.muralize.live_cards import LiveCards, Pace
from bot.muralize.menu import make_menus
from bot.muralize.packer import OutcomePacker
from bot.muralize.plot import LossCurves
from bot.muralize.request import CONTENT
from bot.muralize.sender import JobMessageSender
from bot.muralize.service import MuralizeService
from bot.muralize.store import RequestStore
from bot.muralize.submission import accept, ask
from bot.people import Origin
from bot.pictures.decoder import Decoder
from bot.pictures.store import PictureStore
from bot.styles.service import StyleService
from bot.web.links import PaintingLinks
from bot.web.paintings import Paintings

log = logging.getLogger(__name__)

LONGEST_FINISH = 10.0  # seconds for the sends under way when the bot stops
FLUSH_SECONDS = 3.0  # for a last edit of the cards, which a rate limit may hold for 2 s


def feature(
    muralize: MuralizeService,
    requests: RequestStore,
    jobs: JobService,
    data: JobData,
    guilds: GuildService,
    styles: StyleService,
    pictures: PictureStore,
    decoder: Decoder,
    links: PaintingLinks,
    client: discord.Client,
    enter: Enter,
    pace: Pace,
    back_off: BackOff,
    long_wait: float,
    clock: Callable[[], float],
) -> Feature:
    """Build the feature. `enter` enters a painting into the server's challenge.

    `long_wait` is as in `Deliverer`.
    """
    sender = JobMessageSender(client, guilds.voice, clock)
    cards = LiveCards(jobs, sender, guilds.shows_previews, clock, time.monotonic, pace)
    packer = OutcomePacker(jobs, pictures, decoder, links.to, guilds.switched_off)
    deliverer = Deliverer(
        jobs, sender, cards, packer, clock, back_off, guilds.mentions_members, long_wait
    )
    handlers = JobButtonHandlers(
        jobs,
        muralize,
        packer,
        pictures,
        links.to,
        LossCurves(pictures).of,
        enter,
        partial(accept, muralize),
    )

    paint = partial(ask, muralize)

    async def finish(seconds: float) -> None:
        await deliverer.finish(min(seconds, LONGEST_FINISH))
        await cards.flush(FLUSH_SECONDS)

    return Feature(
        name=Switch.PAINTING,
        commands=[
            make_command(
                muralize,
                styles,
                PictureFinder(muralize.may_fetch, muralize.find_seconds),
                paint,
                partial(MissingForm, muralize, paint),
            ),
            *make_menus(muralize, styles, CONTENT, partial(StyleForm, muralize, paint)),
        ],
        buttons={FEATURE: handlers},
        pages=Paintings(links, jobs, pictures).routes(),
        tasks=[cards.run, deliverer.run, partial(muralize.resume, partial(_refuse, sender))],
        personal_data={"requests": requests},
        guild_data=[requests, data],  # in this order, so that no request becomes a job in between
        close=muralize.close,
        finish=finish,
    )


async def _refuse(sender: JobMessageSender, origin: Origin, sentence: str) -> None:
    """Tell a member why a request of the last run is refused; retry where Discord fails."""
    what = f"a member could not be told {english(sentence)!r}"
    retrying = TELLING.retrying(NotNow, log=log, what=what)
    try:
        await retrying(sender.refuse, origin, sentence)
    except SendError as error:
        log.warning("%s: %s", what, error)
