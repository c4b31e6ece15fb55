"""The simulated Discord without its network: builds the parts in order."""

from bot.simulator.bus import Bus
from bot.simulator.cdn import Cdn
from bot.simulator.clock import Clock
from bot.simulator.commands import Commands
from bot.simulator.discord_limits import DiscordLimits
from bot.simulator.faults import Faults
from bot.simulator.interactions import Interactions
from bot.simulator.messages import Messages
from bot.simulator.payloads import Payloads
from bot.simulator.rate_limits import RateLimits
from bot.simulator.record import Record
from bot.simulator.world import World


class Platform:
    """One attribute for each part; the network layers receive only this."""

    def __init__(self, clock: Clock, limits: DiscordLimits) -> None:
        self.clock = clock
        self.limits = limits
        self.bus = Bus()
        self.record = Record(self.bus)
        self.faults = Faults(clock)
        self.rate_limits = RateLimits(clock, limits)
        self.world = World(clock, self.bus)
        self.cdn = Cdn(self.world.snowflake, clock, limits)
        self.payloads = Payloads(self.world, self.cdn, limits)
        self.commands = Commands(self.world)
        self.messages = Messages(self.world, self.cdn, limits)
        self.interactions = Interactions(self.world, self.messages, limits)
        self.gateway_url = ""  # set once the server knows its port
