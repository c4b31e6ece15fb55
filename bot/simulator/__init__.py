"""A loopback Discord: REST, gateway, CDN and the actions of its users.

It replaces Discord in the demo and in the tests, and imports nothing of the bot.
"""

from bot.simulator.cdn import Upload
from bot.simulator.clock import Clock
from bot.simulator.discord_limits import DiscordLimits
from bot.simulator.faults import CdnFault
from bot.simulator.invocations import Invocation
from bot.simulator.permissions import Permission
from bot.simulator.server import Simulator
from bot.simulator.site import SamplePicture

__all__ = [
    "CdnFault",
    "Clock",
    "DiscordLimits",
    "Invocation",
    "Permission",
    "SamplePicture",
    "Simulator",
    "Upload",
]
