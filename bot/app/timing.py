"""The intervals, pauses and timeouts of the whole bot."""

from dataclasses import dataclass, field

from bot.back_off import BackOff
from bot.challenges.announcer import TRIES
from bot.challenges.service import FIRST_TRY_SECONDS
from bot.moderation.log import PAUSE
from bot.moderation.service import ENFORCE_SECONDS
from bot.mural.messenger import MuralPace
from bot.muralize.live_cards import Pace

DEPARTURE_SECONDS = 300.0  # between two checks for members that left, and for data to delete
DELIVERY_BACK_OFF = BackOff(first=2.0, attempts=500)  # by each route: some eight hours


@dataclass(frozen=True)
class Timing:
    """Intervals, pauses and timeouts; plain numbers are seconds. Tests use shorter ones."""

    cards: Pace = field(default_factory=Pace)
    delivery: BackOff = DELIVERY_BACK_OFF
    announcements: BackOff = TRIES
    departures: float = DEPARTURE_SECONDS
    probe_seconds: float = 10.0  # between two checks that the database can be written to
    log_pause: float = PAUSE  # between two messages of a server's log
    blocks: float = ENFORCE_SECONDS  # between two looks for paintings of blocked members
    murals: MuralPace = field(default_factory=MuralPace)
    remember: float = 0.5  # for storing a request before its interaction is answered
    find: float = 1.5  # for asking Discord for a picture; it must be answered within 3 s
    first_try: float = FIRST_TRY_SECONDS
    long_wait: float = 60.0  # for an outcome; after a longer one a message mentions its member
