"""The default guild."""

from dataclasses import dataclass

from bot.simulator.model import Channel, Guild, Role, User
from bot.simulator.permissions import MODERATOR
from bot.simulator.world import World


@dataclass(frozen=True)
class Atelier:
    """A small guild: its channels, and its members by role."""

    guild: Guild
    gallery: Channel
    studio: Channel
    owner: User
    moderator: User
    members: tuple[User, ...]
    moderators: Role


def furnish(world: World) -> Atelier:
    """Add the guild "Atelier" with an owner, a moderator and three members to `world`."""
    owner = world.add_user("olga", "Olga (owner)")
    moderator = world.add_user("mo", "Mo (moderator)")
    members = tuple(
        world.add_user(username, name)
        for username, name in (("ada", "Ada"), ("ben", "Ben"), ("cleo", "Cleo"))
    )
    guild = world.add_guild("Atelier", owner)
    moderators = world.add_role(guild, "Moderators", MODERATOR, color=0xE67E22)
    gallery = world.add_channel(guild, "gallery", "Show what you made")
    studio = world.add_channel(guild, "studio", "Try things out")
    world.join(guild, moderator, [moderators])
    for member in members:
        world.join(guild, member)
    return Atelier(guild, gallery, studio, owner, moderator, members, moderators)
