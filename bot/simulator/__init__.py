"""A loopback Discord: REST, gateway, CDN and the people who use it.

It stands in for Discord in the demo and in the tests, and knows nothing of the bot that talks to
it.
"""

from bot.simulator.cdn import Upload
from bot.simulator.clock import Clock
from bot.simulator.faults import CdnFault
from bot.simulator.limits import Limits
from bot.simulator.people import Invocation
from bot.simulator.permissions import Permission
from bot.simulator.server import Simulator
from bot.simulator.site import SamplePicture

__all__ = [
    "CdnFault",
    "Clock",
    "Invocation",
    "Limits",
    "Permission",
    "SamplePicture",
    "Simulator",
    "Upload",
]
