"""`/challenge start`, `enter`, `status`, `close`, `results`, `leaderboard`, `rename`, `repost`."""

from collections.abc import Callable

import discord
from discord import app_commands

from bot.challenges import card, notices
from bot.challenges.deadlines import moment
from bot.challenges.model import Challenge, Terms
from bot.challenges.panel import StatusPanel
from bot.challenges.pictures import NumberedPictures
from bot.challenges.service import ChallengeService
from bot.discord_io import answers
from bot.discord_io.components import Interaction
from bot.discord_io.escaping import plain
from bot.discord_io.limits import MOST_CHOICES
from bot.discord_io.posting import check_channel, is_restricted
from bot.discord_io.sending import files_of
from bot.discord_io.uploads import described
from bot.errors import ChallengeRefused
from bot.guilds.rules import check_may_start
from bot.guilds.service import GuildService
from bot.jobs.service import JobService
from bot.languages.speech import _, command, pgettext
from bot.names import cleaned_name
from bot.pictures.intake import Intake
from bot.pictures.turns import Owner
from bot.texts import clean

LONGEST_TITLE, LONGEST_THEME = 80, 300  # characters

PostChannel = discord.TextChannel | discord.Thread


class ChallengeCommands:
    """Carries out the commands. The caller reports errors to the member."""

    def __init__(
        self,
        challenges: ChallengeService,
        guilds: GuildService,
        jobs: JobService,
        intake: Intake,
        pictures: NumberedPictures,
        panel: StatusPanel,
    ) -> None:
        self._pictures = pictures
        self._panel = panel
        self._challenges = challenges
        self._guilds = guilds
        self._jobs = jobs
        self._intake = intake

    async def start(
        self, interaction: Interaction, terms: Terms, style: discord.Attachment | None, channel: int
    ) -> None:
        """Start a challenge; the scheduler announces it."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        member = answers.member_of(interaction)
        # before anything is downloaded
        check_may_start(await self._guilds.settings(member.guild_id), member)
        check_channel(interaction, channel)
        age_restricted = is_restricted(interaction, channel)
        if style is None:
            challenge = await self._challenges.start(
                member, channel, terms, None, age_restricted=age_restricted
            )
        else:
            if style.is_spoiler():
                raise ChallengeRefused(_("A style marked as a spoiler cannot be shown openly."))
            if answers.is_age_restricted(interaction.channel) and not age_restricted:
                raise ChallengeRefused(
                    _(
                        "A style from an age-restricted channel stays in such channels; announce "
                        "the challenge in one."
                    )
                )
            offered = described(_("The style picture"), style)
            owner = Owner(member.guild_id, member.id)
            async with self._intake.taken([offered], owner) as (picture,):
                challenge = await self._challenges.start(
                    member, channel, terms, picture.name, age_restricted=age_restricted
                )
        opened = _("Challenge № {id} is open.", id=challenge.id)
        text = f"{opened} {await self._outcome(challenge)}"
        await interaction.edit_original_response(content=text)

    async def enter(self, interaction: Interaction, job_id: int) -> None:
        """Enter a painting, by command or by the button under it."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        contest = await self._challenges.enter(answers.member_of(interaction), job_id)
        await interaction.edit_original_response(content=card.entered(contest, job_id))

    async def status(self, interaction: Interaction) -> None:
        """Show the open challenge."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        member = answers.member_of(interaction)
        contest = await self._challenges.open_in(member.guild_id)
        if contest is None:
            raise ChallengeRefused(
                _(
                    "There is no challenge open in this server; see {command} for the last.",
                    command=command("challenge results"),
                )
            )
        await self._panel.show(interaction, contest)

    async def close(self, interaction: Interaction, *, cancel: bool) -> None:
        """End the present stage of the open challenge."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        contest = await self._challenges.close(answers.member_of(interaction), cancel=cancel)
        challenge = contest.challenge
        text = f"{card.new_state(challenge)} {await self._outcome(challenge)}"
        await interaction.edit_original_response(content=text)

    async def rename(
        self, interaction: Interaction, challenge: int | None, title: str | None, theme: str | None
    ) -> None:
        """Change title or theme; messages and pages follow."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        member = answers.member_of(interaction)
        contest = await self._challenges.rename(member, challenge, title, theme)
        name = plain(contest.challenge.terms.title)
        text = _(
            "Challenge № {id} is called *{name}* now; its messages follow.",
            id=contest.challenge.id,
            name=name,
        )
        await interaction.edit_original_response(content=text)

    async def repost(self, interaction: Interaction, channel: int | None) -> None:
        """Post again what is missing of the present announcement, or all of it elsewhere."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        restricted = False
        if channel is not None:
            check_channel(interaction, channel)
            restricted = is_restricted(interaction, channel)
        contest = await self._challenges.repost(
            answers.member_of(interaction), channel, age_restricted=restricted
        )
        await interaction.edit_original_response(content=await self._outcome(contest.challenge))

    async def results(self, interaction: Interaction, challenge: int | None) -> None:
        """Show the results of a closed challenge."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        shown = card.results(
            await self._challenges.history.results(interaction.guild_id or 0, challenge)
        )
        files = files_of(await self._pictures.uploads(shown))
        await interaction.edit_original_response(content=shown.text, attachments=files)

    async def leaderboard(self, interaction: Interaction) -> None:
        """Show the leaderboard."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        standings = await self._challenges.history.leaderboard(interaction.guild_id or 0)
        await interaction.edit_original_response(content=card.leaderboard(standings))

    async def _outcome(self, challenge: Challenge) -> str:
        return notices.announcement_report(challenge, await self._challenges.announced(challenge))

    async def own_paintings(
        self, interaction: Interaction, typed: str
    ) -> list[app_commands.Choice[int]]:
        """Offer a member's own finished paintings, the last one first."""
        found = await self._jobs.store.finished_of(interaction.guild_id or 0, interaction.user.id)
        return [
            app_commands.Choice(name=_title(job.id, job.sources.style_name), value=job.id)
            for job in found
            if str(job.id).startswith(typed.strip())
        ][:MOST_CHOICES]

    async def past(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[int]]:
        """Offer the closed challenges, the last one first."""
        found = await self._challenges.history.closed_in(interaction.guild_id or 0)
        wanted = typed.casefold().strip()
        return [
            app_commands.Choice(name=f"№ {one.id} {one.terms.title}"[:100], value=one.id)
            for one in found
            if wanted in f"{one.id} {one.terms.title}".casefold()
        ][:MOST_CHOICES]


def make_group(commands: ChallengeCommands, clock: Callable[[], float]) -> app_commands.Group:
    """Make the group. `clock` gives Unix seconds."""
    group = app_commands.Group(
        name="challenge", description="Paint to one theme, vote, win", guild_only=True
    )
    _add_start(group, commands, clock)
    _add_changes(group, commands)

    @group.command(name="enter", description="Enter one of your paintings")
    @app_commands.describe(painting="The number of one of your paintings in this server")
    @app_commands.autocomplete(painting=commands.own_paintings)
    async def enter(
        interaction: Interaction, painting: app_commands.Range[int, 1, 2**53 - 1]
    ) -> None:
        await commands.enter(interaction, painting)

    @group.command(name="status", description="Show the challenge and your entries")
    async def status(interaction: Interaction) -> None:
        await commands.status(interaction)

    @group.command(name="results", description="Show the results of a challenge")
    @app_commands.describe(challenge="The challenge; without it, the last one")
    @app_commands.autocomplete(challenge=commands.past)
    async def results(
        interaction: Interaction, challenge: app_commands.Range[int, 1, 2**53 - 1] | None = None
    ) -> None:
        await commands.results(interaction, challenge)

    @group.command(name="leaderboard", description="Show the best members over all challenges")
    async def leaderboard(interaction: Interaction) -> None:
        await commands.leaderboard(interaction)

    return group


def _add_changes(group: app_commands.Group, commands: ChallengeCommands) -> None:
    @group.command(name="close", description="End the present stage of the challenge")
    @app_commands.describe(cancel="End it without a result")
    async def close(interaction: Interaction, cancel: bool = False) -> None:
        await commands.close(interaction, cancel=cancel)

    @group.command(name="rename", description="Change the title or the theme of a challenge")
    @app_commands.describe(
        title="What to call it",
        theme="What to paint",
        challenge="The challenge; without it, the open one",
    )
    @app_commands.autocomplete(challenge=commands.past)
    async def rename(
        interaction: Interaction,
        title: app_commands.Range[str, 1, 500] | None = None,
        theme: app_commands.Range[str, 1, 1000] | None = None,
        challenge: app_commands.Range[int, 1, 2**53 - 1] | None = None,
    ) -> None:
        name = None if title is None else cleaned_name(title, _("The title"), LONGEST_TITLE)
        await commands.rename(
            interaction, challenge, name, None if theme is None else _theme(theme)
        )

    @group.command(name="repost", description="Post the challenge's message again if it is missing")
    @app_commands.describe(channel="Another channel for this and all later messages")
    async def repost(interaction: Interaction, channel: PostChannel | None = None) -> None:
        await commands.repost(interaction, channel.id if channel is not None else None)


def _add_start(
    group: app_commands.Group, commands: ChallengeCommands, clock: Callable[[], float]
) -> None:
    @group.command(name="start", description="Start a challenge in this server")
    @app_commands.describe(
        title="What to call it",
        theme="What to paint",
        style="Or a picture to paint in the style of",
        entries_until="Such as 3d, 2d 12h, or 2030-05-01 18:00 (UTC)",
        voting_until="Such as 2d after that, or a date and time (UTC)",
        entries_per_member="How many paintings each member may enter",
        who="Only members with this role may enter",
        channel="The channel for announcements; without it, this one",
        newcomers_vote="Members who join after the start may vote",
    )
    async def start(
        interaction: Interaction,
        title: app_commands.Range[str, 1, 500],
        theme: app_commands.Range[str, 1, 1000] | None = None,
        style: discord.Attachment | None = None,
        entries_until: app_commands.Range[str, 1, 50] = "7d",
        voting_until: app_commands.Range[str, 1, 50] = "3d",
        entries_per_member: app_commands.Range[int, 1, 10] = 1,
        who: discord.Role | None = None,
        channel: PostChannel | None = None,
        newcomers_vote: bool = False,
    ) -> None:
        entries_end = moment(entries_until, clock())
        terms = Terms(
            title=cleaned_name(title, _("The title"), LONGEST_TITLE),
            theme=_theme(theme),
            entries_until=entries_end,
            voting_until=moment(voting_until, entries_end),
            entries_per_member=entries_per_member,
            entry_role=who.id if who is not None and not who.is_default() else None,
            newcomers_vote=newcomers_vote,
        )
        place = channel.id if channel is not None else interaction.channel_id or 0
        await commands.start(interaction, terms, style, place)


def _theme(text: str | None) -> str:
    if text is None or not clean(text):
        return ""
    return cleaned_name(text, _("The theme"), LONGEST_THEME)


def _title(job_id: int, style: str | None) -> str:
    if not style:
        return f"№ {job_id}"
    return pgettext("choice", "№ {number}, in the style of {style}", number=job_id, style=style)[
        :100
    ]
