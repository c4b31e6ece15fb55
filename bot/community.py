"""Builds what a server's members share: settings, styles, challenges; and their privacy."""

import random
import time
from collections.abc import Sequence

from bot.challenges import command as challenge_command
from bot.challenges.announcements import Announcer
from bot.challenges.command import ChallengeCommands
from bot.challenges.notices import NoticeStore
from bot.challenges.scheduler import LONGEST_NAP, SHARED_NAP, ChallengeScheduler
from bot.challenges.service import ChallengeService
from bot.challenges.store import ChallengeStore
from bot.discord_io.client import MuralscapeClient
from bot.guilds import command as settings_command
from bot.guilds.model import Ceilings
from bot.guilds.service import GuildService
from bot.guilds.store import GuildStore
from bot.jobs.service import JobService
from bot.muralize.store import RequestStore
from bot.pictures.intake import Intake
from bot.pictures.retention import PictureRetention, PictureUser
from bot.privacy import command as privacy_command
from bot.privacy.service import PersonalDataSource, PrivacyService
from bot.storage.database import Database
from bot.storage.shard import Shard
from bot.styles import command as style_command
from bot.styles.model import Starter
from bot.styles.service import StyleService
from bot.styles.store import StyleStore
from engine.samples import STYLES


class CommunityStores:
    """The stores that others must know as well."""

    def __init__(self, database: Database, shard: Shard) -> None:
        self.styles = StyleStore(database)
        self.requests = RequestStore(database, shard)
        self.challenges = ChallengeStore(database, shard)
        self.shard = shard

    @property
    def picture_users(self) -> Sequence[PictureUser]:
        """Those whose rows refer to pictures, so that the keeper has to ask them."""
        return (self.styles, self.challenges)


class Community:
    """Settings, styles, challenges and privacy: their commands, and the challenges' clock."""

    def __init__(
        self,
        database: Database,
        stores: CommunityStores,
        retention: PictureRetention,
        jobs: JobService,
        client: MuralscapeClient,
        ceilings: Ceilings,
        chance: random.Random,
    ) -> None:
        self._client = client
        self._jobs = jobs
        self._pictures = retention.pictures
        starters = [Starter(style.title, style.path) for style in STYLES]
        self.guilds = GuildService(GuildStore(database), ceilings)
        self.styles = StyleService(stores.styles, retention, self.guilds, starters, time.time)
        notices = NoticeStore(database, lambda: str(chance.getrandbits(63)), stores.shard)
        self.challenges = ChallengeService(
            stores.challenges, notices, retention, self.guilds, jobs, time.time, chance
        )
        announcer = Announcer(client, self.challenges, notices, retention.pictures, time.time)
        nap = LONGEST_NAP if stores.shard.count == 1 else SHARED_NAP
        self._clock = ChallengeScheduler(self.challenges, announcer, time.time, longest_nap=nap)
        holders: dict[str, PersonalDataSource] = {
            "requests": stores.requests,
            "styles": stores.styles,
            "challenges": self.challenges,
        }
        self.privacy = PrivacyService(holders, jobs, retention)

    def add_commands(self, intake: Intake) -> ChallengeCommands:
        """Add the commands, their buttons and their menus to the client."""
        tree = self._client.tree
        settings_command.add_commands(tree, self._client, self.guilds)
        style_command.add_commands(tree, self._client, self.styles, intake, self._pictures)
        commands = ChallengeCommands(
            self.challenges, self.guilds, self._jobs, intake, self._pictures
        )
        challenge_command.add_commands(tree, self._client, commands, self.challenges)
        privacy_command.add_commands(tree, self._client, self.privacy)
        return commands

    async def run(self) -> None:
        """Bring challenges on and announce what becomes of them, for ever."""
        await self._clock.run()
