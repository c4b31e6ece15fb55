"""`/queue show` and `/queue cancel`."""

import itertools
import time
from collections.abc import Sequence

import discord
from discord import app_commands

from bot.discord_io import answers
from bot.discord_io.answers import Interaction
from bot.errors import Refused
from bot.executors.contract import Executor, WorkerState
from bot.jobs.model import Job, JobState
from bot.jobs.service import JobService
from bot.muralize import card
from bot.queue.workers import lines as worker_lines

SHOWN = 15  # jobs
MOST_CHARACTERS = 1200  # of the jobs' lines; Discord takes 2,000 in all
SHOWN_WORKERS = 10
MOST_WORKER_CHARACTERS = 600
FETCHABLE = 5  # buttons; Discord takes five in a row


def add_commands(
    tree: app_commands.CommandTree[discord.Client], jobs: JobService, executor: Executor
) -> None:
    """Add the group to a tree."""
    group = app_commands.Group(
        name="queue", description="What is waiting and being painted", guild_only=True
    )

    @group.command(name="show", description="Where your paintings stand")
    async def show(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        guild_id = interaction.guild_id or 0
        own = await jobs.jobs_of(guild_id, interaction.user.id)
        others = await jobs.jobs_in(guild_id, limit=200)
        text = overview(jobs, executor.workers, own, others, time.time())
        await interaction.edit_original_response(content=text, view=fetch_buttons(own))

    @group.command(name="cancel", description="Stop a painting that waits or is being painted")
    @app_commands.describe(job="Its number; without one, your only painting")
    async def cancel(
        interaction: Interaction, job: app_commands.Range[int, 1, 2**53 - 1] | None = None
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        number = job if job is not None else await only_job(jobs, interaction)
        cancelled = await jobs.cancel(number, answers.member_of(interaction))
        done = cancelled.state is JobState.CANCELLED
        await interaction.edit_original_response(
            content=f"№ {number} is cancelled." if done else f"№ {number} stops in a moment."
        )

    @cancel.autocomplete("job")
    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[int]]:
        actor = answers.member_of(interaction)
        found = (
            await jobs.jobs_in(actor.guild_id)
            if actor.moderates
            else await jobs.jobs_of(actor.guild_id, actor.id)
        )
        return [
            app_commands.Choice(name=_title(job, interaction.user.id), value=job.id)
            for job in found
            if job.state in (JobState.QUEUED, JobState.PAINTING) and str(job.id).startswith(typed)
        ][:25]

    tree.add_command(group)


async def only_job(jobs: JobService, interaction: Interaction) -> int:
    """Find the one job that a member can mean. Raises Refused where there is none or several."""
    own = [
        job.id
        for job in await jobs.jobs_of(interaction.guild_id or 0, interaction.user.id)
        if job.state in (JobState.QUEUED, JobState.PAINTING)
    ]
    if not own:
        raise Refused("You have no painting under way here.")
    if len(own) > 1:
        numbers = ", ".join(str(number) for number in own)
        raise Refused(f"You have several paintings under way: {numbers}. Say which to cancel.")
    return own[0]


def overview(
    jobs: JobService,
    workers: Sequence[WorkerState],
    own: Sequence[Job],
    everyone: Sequence[Job],
    now: float,
) -> str:
    """List a member's jobs, sum up the server's, and list the workers on other machines."""
    lines = _first([_line(jobs, job, now) for job in own], SHOWN, MOST_CHARACTERS)
    if not lines:
        lines = ["You have no painting under way here."]
    waiting = sum(job.state is JobState.QUEUED for job in everyone)
    painting = sum(job.state is JobState.PAINTING for job in everyone)
    lines.append(f"-# In this server: {painting} being painted, {waiting} waiting")
    if jobs.slots == 0:
        lines.append("-# Nobody is there to paint just now; what waits is kept.")
    elif jobs.slots is not None and jobs.slots > 1:
        lines.append(f"-# {jobs.slots} paintings can be made at a time")
    there = worker_lines(workers, jobs, {job.id for job in everyone})
    lines += _first(there, SHOWN_WORKERS, MOST_WORKER_CHARACTERS, "-# ")
    return "\n".join(lines)


def _first(lines: list[str], most: int, characters: int, mark: str = "") -> list[str]:
    """Keep the first `most` lines that have room, and say how many more there are."""
    room = itertools.takewhile(
        lambda length: length <= characters,
        itertools.accumulate(len(line) + 1 for line in lines[:most]),
    )
    kept = lines[: len(list(room))]
    more = len(lines) - len(kept)
    return [*kept, f"{mark}and {more} more"] if more else kept


def fetch_buttons(own: Sequence[Job]) -> discord.ui.View:
    """Offer what could not be delivered."""
    view = discord.ui.View(timeout=None)
    for job in [job for job in own if job.kept and job.result is not None][:FETCHABLE]:
        view.add_item(card.JobButton(job.id, "fetch", f"Show № {job.id} here"))
    return view


def _line(jobs: JobService, job: Job, now: float) -> str:
    head = f"**№ {job.id}** {job.settings.preset}"
    if job.kept:
        if job.result is not None:
            return f"{head} · 📬 finished, but could not be sent to you"
        return f"{head} · ⚠️ {job.failure or 'cancelled'}"
    place = jobs.place(job.id)
    progress = jobs.progress(job.id)
    if job.state is JobState.PAINTING and progress is not None:
        done = progress.step / max(1, progress.total_steps)
        ready = card.relative(now + progress.seconds_left)
        return f"{head} · 🎨 `{card.bar(done)}` {done:.0%} · ready {ready}"
    if job.state is JobState.QUEUED and place is not None:
        return (
            f"{head} · 🕓 number {place.position} in line · "
            f"ready {card.relative(now + place.finishes_in)}"
        )
    what = {
        JobState.QUEUED: "🕓 waiting",
        JobState.PAINTING: "🎨 being painted",
        JobState.DELIVERING: "📨 on its way to you",
    }
    return f"{head} · {what.get(job.state, job.state.value)}"


def _title(job: Job, member_id: int) -> str:
    whose = "yours" if job.origin.member_id == member_id else "another member's"
    return f"№ {job.id}, {job.settings.preset}, {job.state.value}, {whose}"
