"""Edits the cards of waiting and painting jobs as they change, at a bounded rate.

A card is edited by the token of its interaction, and after the token's 15 minutes by the bot's own
permissions. Where it has none, the last edit says where the outcome will come.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.discord_io.sending import MessageDeleted, RouteClosed, SendError, Sent, Upload
from bot.executors.contract import PaintProgress
from bot.jobs.model import Job, JobState, Place
from bot.jobs.service import JobService
from bot.languages.speech import speaking
from bot.logs import about_job
from bot.muralize import alt_text, card
from bot.muralize.sender import JobMessageSender

log = logging.getLogger(__name__)

PREVIEWS_AT = (0.15, 0.45, 0.75)  # of the steps; each upload makes members' clients blink


@dataclass(frozen=True)
class Pace:
    """How often cards are edited, in seconds."""

    painting: float = 3.0  # between two edits of the card of a painting job
    waiting: float = 15.0  # the same for a waiting job; Discord counts the time down by itself
    late: float = 60.0  # after the token's life; Discord limits edits of old messages (30046)
    parting: float = 60.0  # before the token expires, where no edit is possible after it
    upload_rest: float = 5.0  # times the last upload's duration, between two previews
    look: float = 0.5  # between two checks of the progress
    debounce: float = 0.1  # a job that starts within it gets one edit, and never shows "Waiting"
    at_a_time: int = 8  # edits under way, not counting those of waiting jobs


@dataclass(frozen=True)
class _Shown:
    """What members see of a job. An equal `key` means an equal text, which needs no edit."""

    state: JobState | None = None
    key: object = None
    previews: int = 0  # of `PREVIEWS_AT`, those that are over


@dataclass
class _LiveCard:
    """A card: its job, the last edit that Discord took, and the last that was tried."""

    job: Job  # as it is now
    shown: _Shown = _Shown()
    settled_start: float | None = None  # Unix seconds; changes only when the prediction has moved
    tried_state: JobState | None = None  # a failed edit is tried again like one that is due
    tried_at: float = float("-inf")
    uploaded_at: float = float("-inf")
    token_dead: bool = False
    editing: asyncio.Task[None] | None = None
    closed: bool = False  # edits are not possible any more


class LiveCards:
    """Edits cards, each to its latest state; states between two edits are skipped.

    `previews` says whether a server wants them.
    """

    def __init__(
        self,
        jobs: JobService,
        sender: JobMessageSender,
        previews: Callable[[int], Awaitable[bool]],
        clock: Callable[[], float],
        monotonic: Callable[[], float],
        pace: Pace,
    ) -> None:
        self._jobs = jobs
        self._sender = sender
        self._previews = previews
        self._clock = clock
        self._monotonic = monotonic
        self._pace = pace
        self._cards: dict[int, _LiveCard] = {}
        self._upload_seconds = 0.0  # that the last preview took
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Edit cards until cancelled."""
        unsubscribe = self._jobs.subscribe(self._follow)
        try:
            for job_id in self._jobs.places():
                if (job := await self._jobs.get(job_id)) is not None:
                    self._follow(job)
            while True:
                self._start_edits()
                # A changed state is shown once the debounce is over, progress at the next look.
                if await _within(self._pace.look, self._wake):
                    await asyncio.sleep(self._pace.debounce)
                self._wake.clear()
        finally:
            unsubscribe()
            editing = [live.editing for live in self._cards.values() if live.editing]
            for task in editing:
                task.cancel()
            await asyncio.gather(*editing, return_exceptions=True)

    async def release(self, job_id: int) -> None:
        """Stop editing a card, and wait for an edit under way."""
        live = self._cards.pop(job_id, None)
        if live is not None and live.editing is not None:
            await asyncio.wait({live.editing})

    async def flush(self, seconds: float) -> None:
        """Make the edits that are due, those after an edit under way too, within `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                self._start_edits()
                while editing := [live.editing for live in self._cards.values() if live.editing]:
                    await asyncio.wait(editing, return_when=asyncio.FIRST_COMPLETED)
                    self._start_edits()

    def _follow(self, job: Job) -> None:
        if job.state in (JobState.QUEUED, JobState.PAINTING) and not job.is_tile:
            live = self._cards.get(job.id)
            if live is None:
                self._cards[job.id] = _LiveCard(job)
                self._wake.set()
            else:
                live.job = job
                if live.tried_state is not job.state:
                    self._wake.set()

    def _start_edits(self) -> None:
        """Start the edits that are due: changed states, then paintings, then one waiting job."""
        monotonic = self._monotonic()
        idle = [live for live in self._cards.values() if not live.closed and not live.editing]

        def due_again(state: JobState, interval: float) -> list[_LiveCard]:
            """Give the cards whose last edit, in this same state, is `interval` seconds old."""
            due = []
            for live in idle:
                pause = self._pace.late if self._is_late(live) else interval
                is_same = live.job.state is state and live.tried_state is state
                if is_same and monotonic - live.tried_at >= pause:
                    due.append(live)
            return due

        # first, because a wrong state is worse than an old progress
        changed = [live for live in idle if live.tried_state is not live.job.state]
        painting = due_again(JobState.PAINTING, self._pace.painting)
        waiting = due_again(JobState.QUEUED, self._pace.waiting)
        if not (changed or painting or waiting):
            return
        places = self._jobs.places()
        under_way = sum(1 for live in self._cards.values() if live.editing)
        for live in (changed + painting)[: max(0, self._pace.at_a_time - under_way)]:
            self._edit_if_changed(live, places.get(live.job.id))
        waiting.sort(key=lambda live: live.tried_at)
        for live in waiting:
            if self._edit_if_changed(live, places.get(live.job.id)):
                break

    def _edit_if_changed(self, live: _LiveCard, place: Place | None) -> bool:
        """Start an edit if the card has something new to show, and say whether it was started.

        A card that cannot be made is given up.
        """
        try:
            return self._begin_edit(live, place)
        except Exception:
            live.closed = True
            log.exception("the card of job %d cannot be made; it is edited no more", live.job.id)
            return False

    def _begin_edit(self, live: _LiveCard, place: Place | None) -> bool:
        job, now = live.job, self._clock()  # in Unix seconds, as the card shows them
        progress = None
        key: object
        with speaking(job.origin.language):
            if self._may_be_last_edit(live, now):
                message, key = card.parting(job), "parting"
            elif job.state is JobState.QUEUED:
                message = card.waiting(job, place, now)
                key = (place.position, _settled_start(live, place, now)) if place else ()
            else:
                progress = self._jobs.progress(job.id)
                message = card.painting(job, progress, now)
                key = (job.cancelled_by, progress.step if progress else None)
            if job.state is live.shown.state and key == live.shown.key:
                return False
            live.tried_state, live.tried_at = job.state, self._monotonic()
            previews, files = self._preview(live, progress)
        edit = self._edit(live, message, _Shown(job.state, key, previews), files)
        live.editing = asyncio.create_task(edit)
        return True

    def _preview(
        self, live: _LiveCard, progress: PaintProgress | None
    ) -> tuple[int, list[Upload] | None]:
        """Give how many previews are over with this edit, and the one that it uploads, if any.

        None is begun so soon after another that clients only wait for uploads, nor so late that
        the result waits for it.
        """
        before = live.shown.previews
        if progress is None or progress.preview is None:
            return before, None
        done = progress.step / max(1, progress.total_steps)
        over = sum(done >= share for share in PREVIEWS_AT)
        rested = self._monotonic() - live.uploaded_at
        if (
            over <= before
            or rested < self._pace.upload_rest * self._upload_seconds
            or progress.seconds_left < 2 * self._upload_seconds
        ):
            return before, None
        name = card.file_name(live.job, f"preview-{live.job.id}.jpg")
        return over, [Upload(name, progress.preview, alt_text.of_preview(live.job, done))]

    def _is_late(self, live: _LiveCard) -> bool:
        return live.token_dead or self._clock() >= live.job.origin.token_expires_at

    def _may_be_last_edit(self, live: _LiveCard, now: float) -> bool:
        """Say whether the token may expire before the next edit, and no edit is possible after."""
        left = live.job.origin.token_expires_at - now
        return left <= self._pace.parting and not self._sender.can_edit_late(live.job)

    async def _edit(
        self, live: _LiveCard, message: card.Card, new: _Shown, files: list[Upload] | None
    ) -> None:
        """Edit a card; `files` replaces its attachments, None leaves them as they are."""
        job, begun = live.job, self._monotonic()
        with about_job(str(job.id)):
            try:
                if files and not await self._previews(job.origin.guild_id):
                    files = None
                sent = await self._edit_by_either(live, message, files)
                live.shown = new
                if files:
                    live.uploaded_at = self._monotonic()
                    self._upload_seconds = live.uploaded_at - begun
                if job.delivery.card_message_id != sent.message_id:
                    await self._jobs.card_posted(job.id, sent.channel_id, sent.message_id)
            except RouteClosed as error:
                live.closed = True
                log.info("the card is not edited any more: %s", error)
            except SendError as error:
                log.warning("an edit of the card failed: %s", error)
            finally:
                live.editing = None

    async def _edit_by_either(
        self, live: _LiveCard, message: card.Card, files: list[Upload] | None
    ) -> Sent:
        """Edit by the token while it lives, then by the bot's own permissions."""
        if not self._is_late(live):
            try:
                return await self._sender.edit_original(live.job, message, files)
            except MessageDeleted:
                raise
            except RouteClosed as error:
                live.token_dead = True  # a repeat counts as one more invalid request
                log.info("the card is edited without its token from now on: %s", error)
        return await self._sender.edit_card(live.job, message, files)


def _settled_start(live: _LiveCard, place: Place, now: float) -> float:
    """Predict when a job starts, in Unix seconds; a prediction that has hardly moved stays."""
    start = now + place.starts_in
    if live.settled_start is None or has_moved(live.settled_start, start, place.starts_in):
        live.settled_start = start
    return live.settled_start


def has_moved(before: float, after: float, wait: float) -> bool:
    """Say whether a predicted start moved by 15 seconds, or by a quarter of a longer wait."""
    return abs(after - before) >= max(15.0, wait / 4)


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Wait up to `seconds` for an event; say whether it was set."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
