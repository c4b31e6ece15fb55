"""`/queue show` and `/queue cancel`."""

from collections.abc import Callable

from discord import app_commands

from bot.discord_io import answers
from bot.discord_io.client import ANYBODY, ANYWHERE
from bot.discord_io.components import Interaction
from bot.discord_io.limits import MOST_CHOICES
from bot.errors import Refused
from bot.executors.contract import Executor
from bot.guilds.rules import allowance_of
from bot.guilds.service import GuildService
from bot.jobs.admission import Admission
from bot.jobs.model import Job, JobState
from bot.jobs.service import JobService
from bot.languages.speech import _, pgettext
from bot.people import OUTSIDE
from bot.queue import card
from bot.queue.buttons import fetch_buttons


def make_group(
    jobs: JobService,
    admission: Admission,
    guilds: GuildService,
    executor: Executor,
    clock: Callable[[], float],
) -> app_commands.Group:
    """Make the group. `clock` gives Unix seconds."""
    group = app_commands.Group(
        name="queue",
        description="Queued and running paintings",
        allowed_installs=ANYBODY,
        allowed_contexts=ANYWHERE,
    )

    @group.command(name="show", description="Show your paintings and their places in the queue")
    async def show(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        guild_id = answers.guild_of(interaction)
        own = await jobs.jobs_of(guild_id, interaction.user.id)
        others = await jobs.jobs_in(guild_id)
        member = answers.member_of(interaction)
        granted = allowance_of(await guilds.settings(guild_id), member.roles)
        uses = await admission.uses_of(guild_id, member.id)
        time = card.painting_time(uses, granted, clock())
        text = card.overview(
            jobs, executor.workers, own, others, clock(), time, outside=guild_id == OUTSIDE
        )
        await interaction.edit_original_response(content=text, view=fetch_buttons(own))

    @group.command(name="cancel", description="Cancel a queued or running painting")
    @app_commands.describe(job="Its number; without one, your only painting")
    async def cancel(
        interaction: Interaction, job: app_commands.Range[int, 1, 2**53 - 1] | None = None
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        number = job if job is not None else await only_job(jobs, interaction)
        found = await jobs.get(number)
        place = found.origin.channel_id if found is not None else None
        cancelled = await jobs.cancel(number, answers.member_of(interaction, about=place))
        done = cancelled.state is JobState.CANCELLED
        await interaction.edit_original_response(
            content=_("№ {number} is cancelled.", number=number)
            if done
            else _("№ {number} stops in a moment.", number=number)
        )

    @cancel.autocomplete("job")
    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[int]]:
        actor, channel = answers.member_of(interaction), interaction.channel_id
        moderates_here = answers.member_of(interaction, about=channel).moderates
        found = (
            await jobs.jobs_in(actor.guild_id)
            if moderates_here
            else await jobs.jobs_of(actor.guild_id, actor.id)
        )
        return [
            app_commands.Choice(name=_title(job, actor.id), value=job.id)
            for job in found
            if job.state in (JobState.QUEUED, JobState.PAINTING)
            and str(job.id).startswith(typed)
            and (actor.moderates or actor.id == job.origin.member_id or _is_in(job, channel))
        ][:MOST_CHOICES]

    return group


def _is_in(job: Job, channel_id: int | None) -> bool:
    return job.origin.channel_id == channel_id


async def only_job(jobs: JobService, interaction: Interaction) -> int:
    """Find a member's only unfinished job. Raises Refused where there is none or several."""
    own = [
        job.id
        for job in await jobs.jobs_of(answers.guild_of(interaction), interaction.user.id)
        if job.state in (JobState.QUEUED, JobState.PAINTING)
    ]
    if not own:
        raise Refused(card.nothing_under_way())
    if len(own) > 1:
        numbers = ", ".join(str(number) for number in own)
        raise Refused(
            _(
                "You have several paintings under way: {numbers}. Choose one of them.",
                numbers=numbers,
            )
        )
    return own[0]


def _title(job: Job, member_id: int) -> str:
    is_own = job.origin.member_id == member_id
    owner = pgettext("choice", "yours") if is_own else pgettext("choice", "another member's")
    states = {
        JobState.QUEUED: pgettext("choice", "queued"),
        JobState.PAINTING: pgettext("choice", "painting"),
    }
    state = states.get(job.state, job.state.value)
    return f"№ {job.id}, {job.settings.preset}, {state}, {owner}"
