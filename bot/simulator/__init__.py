"""A loopback Discord: REST, gateway, CDN and the people who use it.

It stands in for Discord in the demo and in the tests, and knows nothing of the bot that talks to
it.
"""

from bot.simulator.cdn import Upload
from bot.simulator.clock import Clock
from bot.simulator.limits import Limits
from bot.simulator.people import Invocation
from bot.simulator.server import Simulator

__all__ = ["Clock", "Invocation", "Limits", "Simulator", "Upload"]
