"""Edits the cards of waiting and painting jobs as they change, at a bounded rate.

A card is edited by the token of its interaction, and after the token's 15 minutes by the bot's own
permissions. Where it has none, the last edit before the token expires says where the outcome will
come.
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

PREVIEWS_AT = (0.15, 0.45, 0.75)  # shares of the steps; few, because clients blink with each upload


@dataclass(frozen=True)
class Pace:
    """How often cards are edited. In seconds, where nothing else is said."""

    # From one edit of a card to the next.
    painting: float = 3.0
    waiting: float = 15.0  # clients count the time down by themselves
    late: float = 60.0  # after the token expired: Discord limits edits of old messages (30046)

    look: float = 0.5  # between two polls of the progress of paintings
    debounce: float = 0.1  # after a change, so that a job that starts at once skips "Waiting"
    last_edit: float = 60.0  # before the token expires, of a card that cannot be edited after that
    preview_rest: float = 5.0  # pause between two previews, as a multiple of the last upload's time

    # Edits under way at a time: of changed states and paintings, and of jobs that still wait.
    most_edits: int = 8
    most_of_waiting: int = 4


@dataclass(frozen=True)
class _Shown:
    """What members see of a job."""

    state: JobState | None = None
    key: object = None  # texts with the same state and key are equal, so that no edit is needed
    previews_passed: int = 0  # how many of `PREVIEWS_AT` were reached at the last preview


@dataclass(frozen=True)
class _Preview:
    """A preview to upload."""

    passed: int  # how many of `PREVIEWS_AT` are reached
    upload: Upload


@dataclass
class _LiveCard:
    """A card that is edited as its job changes."""

    job: Job  # as it is now
    shown: _Shown = _Shown()  # by the last edit that succeeded
    tried_state: JobState | None = None  # the state that the last edit, failed or not, was to show
    tried_at: float = float("-inf")  # when that edit began; a failed one is repeated at its pace
    uploaded_at: float = float("-inf")  # when the last preview was uploaded
    announced_start: float | None = None  # Unix seconds; kept while the prediction hardly moves
    token_dead: bool = False
    editing: asyncio.Task[None] | None = None  # the edit under way
    editing_waiting: bool = False  # the edit under way is of a job that waits as before
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
        self._upload_seconds = 0.0  # how long the last preview's upload took
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
                # Sleep until the next poll; a changed state ends that, after the debounce.
                if await _is_set_within(self._pace.look, self._wake):
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
        """Make all edits that are due, and stop waiting for them after `seconds`.

        Edits may be held back by one of the same card, or because too many others are under way.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                self._start_edits()
                while editing := [live.editing for live in self._cards.values() if live.editing]:
                    await asyncio.wait(editing, return_when=asyncio.FIRST_COMPLETED)
                    self._start_edits()

    def _follow(self, job: Job) -> None:
        """Take a job's new state, and wake `run` where its card does not show that yet."""
        if job.state not in (JobState.QUEUED, JobState.PAINTING) or job.is_tile:
            return
        live = self._cards.setdefault(job.id, _LiveCard(job))
        live.job = job
        if live.tried_state is not job.state:
            self._wake.set()

    def _start_edits(self) -> None:
        """Start the edits that are due: changed states, then paintings, then one waiting job."""
        monotonic = self._monotonic()
        idle = [live for live in self._cards.values() if not live.closed and not live.editing]

        def due_again(state: JobState, interval: float) -> list[_LiveCard]:
            """Give the cards last edited in this same state, at least `interval` seconds ago."""
            due = []
            for live in idle:
                pause = self._pace.late if self._is_late(live) else interval
                is_same = live.job.state is state and live.tried_state is state
                if is_same and monotonic - live.tried_at >= pause:
                    due.append(live)
            return due

        # Cards with an outdated state come first; outdated progress matters less.
        changed = [live for live in idle if live.tried_state is not live.job.state]
        painting = due_again(JobState.PAINTING, self._pace.painting)
        waiting = due_again(JobState.QUEUED, self._pace.waiting)
        if not (changed or painting or waiting):
            return
        places = self._jobs.places()
        # Counted apart, so that slow edits of a long queue do not hold up those that matter more.
        editing = [live for live in self._cards.values() if live.editing]
        edits_of_waiting = sum(live.editing_waiting for live in editing)
        other_edits = len(editing) - edits_of_waiting
        for live in changed + sorted(painting, key=_tried_at):
            if other_edits >= self._pace.most_edits:
                break
            other_edits += self._edit_if_changed(live, places.get(live.job.id))
        if edits_of_waiting < self._pace.most_of_waiting:
            # one at a time, so that a long queue is spread over many of these passes
            for live in sorted(waiting, key=_tried_at):
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
        job = live.job
        with speaking(job.origin.language):
            message, key, preview = self._compose(live, place)
        if (job.state, key) == (live.shown.state, live.shown.key):
            live.tried_state = job.state  # shown already; an edit that failed was of another state
            return False
        new = _Shown(job.state, key, preview.passed if preview else live.shown.previews_passed)
        files = [preview.upload] if preview else None
        was_waiting = live.tried_state is JobState.QUEUED
        live.editing_waiting = was_waiting and job.state is JobState.QUEUED
        live.tried_state, live.tried_at = job.state, self._monotonic()
        live.editing = asyncio.create_task(self._edit(live, message, new, files))
        return True

    def _compose(
        self, live: _LiveCard, place: Place | None
    ) -> tuple[card.Card, object, _Preview | None]:
        """Give the card of a job as it is now, its key, and the preview if one is due."""
        job, now = live.job, self._clock()  # in Unix seconds, as the card shows them
        if self._is_last_chance(live, now):
            return card.last_edit(job), "last edit", None
        if job.state is JobState.QUEUED:
            paused = self._jobs.slots == 0
            start = _steady_start(live, place, now) if place and not paused else None
            position = place.position if place else None
            return card.waiting(job, place, now, paused=paused), (position, start), None
        progress = self._jobs.progress(job.id)
        painting_key = (job.cancelled_by, progress.step if progress else None)
        return card.painting(job, progress, now), painting_key, self._preview(live, progress)

    def _preview(self, live: _LiveCard, progress: PaintProgress | None) -> _Preview | None:
        """Give the preview to upload with the next edit, if one is due.

        After a slow upload the next one waits longer, so that edits of the text come in between.
        Near the end none is due, because the result would have to wait for its upload.
        """
        if progress is None or progress.preview is None:
            return None
        done = progress.step / max(1, progress.total_steps)
        passed = sum(done >= share for share in PREVIEWS_AT)
        rested = self._monotonic() - live.uploaded_at
        if (
            passed <= live.shown.previews_passed
            or rested < self._pace.preview_rest * self._upload_seconds
            or progress.seconds_left < 2 * self._upload_seconds
        ):
            return None
        name = card.file_name(live.job, f"preview-{live.job.id}.jpg")
        upload = Upload(name, progress.preview, alt_text.of_preview(live.job, done))
        return _Preview(passed, upload)

    def _is_late(self, live: _LiveCard) -> bool:
        return live.token_dead or self._clock() >= live.job.origin.token_expires_at

    def _is_last_chance(self, live: _LiveCard, now: float) -> bool:
        """Say whether the token soon expires, and the bot cannot edit the card without it."""
        left = live.job.origin.token_expires_at - now
        return left <= self._pace.last_edit and not self._sender.can_edit_late(live.job)

    async def _edit(
        self, live: _LiveCard, message: card.Card, new: _Shown, files: list[Upload] | None
    ) -> None:
        """Edit a card; `files` replaces its attachments, None leaves them as they are."""
        job, begun = live.job, self._monotonic()
        with about_job(str(job.id)):
            try:
                if files and not await self._previews(job.origin.guild_id):
                    files = None  # it counts as shown, so that it is not asked about again
                sent = await self._edit_by_token_or_permission(live, message, files)
                live.shown = new
                if files:
                    live.uploaded_at = self._monotonic()
                    self._upload_seconds = live.uploaded_at - begun
                if job.delivery.card_message_id != sent.message_id:  # not known before
                    await self._jobs.card_posted(job.id, sent.channel_id, sent.message_id)
            except RouteClosed as error:
                live.closed = True
                log.info("the card is not edited any more: %s", error)
            except SendError as error:
                log.warning("an edit of the card failed: %s", error)
            except Exception:  # such as a locked database; the next edit is due at the usual pace
                log.exception("an edit of the card failed")
            finally:
                live.editing = None

    async def _edit_by_token_or_permission(
        self, live: _LiveCard, message: card.Card, files: list[Upload] | None
    ) -> Sent:
        """Edit by the token of the interaction while it is valid, then by the bot's permissions."""
        if not self._is_late(live):
            try:
                return await self._sender.edit_original(live.job, message, files)
            except MessageDeleted:
                raise  # it cannot be edited by the bot's permissions either
            except RouteClosed as error:
                # Never used again: Discord counts each use of a dead token as an invalid request.
                live.token_dead = True
                log.info("the card is edited without its token from now on: %s", error)
        return await self._sender.edit_card(live.job, message, files)


def _steady_start(live: _LiveCard, place: Place, now: float) -> float:
    """Give the predicted start in Unix seconds, and remember it until it has moved."""
    start = now + place.starts_in
    if live.announced_start is None or has_moved(live.announced_start, start, place.starts_in):
        live.announced_start = start
    return live.announced_start


def _tried_at(live: _LiveCard) -> float:
    return live.tried_at


def has_moved(before: float, after: float, wait: float) -> bool:
    """Say whether a predicted start moved by 15 seconds, or a quarter of the wait if that is more.

    `before` and `after` are Unix seconds, `wait` is in seconds.
    """
    return abs(after - before) >= max(15.0, wait / 4)


async def _is_set_within(seconds: float, event: asyncio.Event) -> bool:
    """Wait up to `seconds` for an event, and say whether it was set."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
