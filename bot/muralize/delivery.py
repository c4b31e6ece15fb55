"""Delivers the outcome of a job to its member, once, by the first route that works.

The routes, in order: the answer to the interaction, a message in the channel, a direct message.
The answer is an edit, which notifies nobody. So after a long wait the message in the channel comes
first, where the server allows that; it replies to the card and mentions the member.

A card that somebody deleted ends the delivery: the outcome is not wanted there. The painting stays,
and its member finds it by `/paintings`.

Each send is recorded in the database before it happens, so that after a crash the message is
searched for before it is sent again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

from bot.back_off import BackOff
from bot.discord_io.sending import (
    FileTooLarge,
    MessageDeleted,
    NotNow,
    RouteClosed,
    SendError,
    Sent,
    Upload,
)
from bot.errors import MuralscapeError, PictureGone
from bot.jobs.model import NOBODY, Job, JobState
from bot.jobs.service import JobService
from bot.languages.speech import speaking
from bot.logs import about_job
from bot.muralize import outcome_card
from bot.muralize.card import Card
from bot.muralize.live_cards import LiveCards
from bot.muralize.packer import OutcomePacker
from bot.muralize.sender import JobMessageSender, link_to
from bot.people import OUTSIDE
from bot.storage.database import STORAGE_FAULTS
from engine.errors import ImageRejected, OutputRejected

log = logging.getLogger(__name__)

INTERACTION, CHANNEL, PRIVATE = "interaction", "channel", "direct message"
ROUTES = (INTERACTION, CHANNEL, PRIVATE)
ROUTES_AFTER_LONG = (CHANNEL, INTERACTION, PRIVATE)
AT_A_TIME = 4  # messages being sent; each holds a picture in memory
MOST_FAULTS = 5  # tries that fail by a fault of ours

Pack = Callable[[int], Awaitable[tuple[Card, list[Upload]]]]


class Deliverer:
    """Delivers the outcomes of jobs. `mentions` says whether a server wants members mentioned.

    Where it does, an outcome that comes more than `long_wait` seconds after its command mentions
    the member.
    """

    def __init__(
        self,
        jobs: JobService,
        sender: JobMessageSender,
        cards: LiveCards,
        packer: OutcomePacker,
        clock: Callable[[], float],
        back_off: BackOff,
        mentions: Callable[[int], Awaitable[bool]],
        long_wait: float,
    ) -> None:
        self._jobs = jobs
        self._sender = sender
        self._cards = cards
        self._packer = packer
        self._clock = clock
        self._back_off = back_off
        self._mentions = mentions
        self._long_wait = long_wait
        self._turns = asyncio.Semaphore(AT_A_TIME)
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Deliver the outcomes that the last run left, and those of all jobs from now on."""
        unsubscribe = self._jobs.subscribe(self._follow)
        try:
            for job in await self._jobs.unsettled():
                self._follow(job)
            await asyncio.Event().wait()
        finally:
            unsubscribe()

    async def finish(self, seconds: float) -> None:
        """Wait up to `seconds` for the sends under way, then cancel them."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=seconds)
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _follow(self, job: Job) -> None:
        if job.is_tile:  # its mural shows it
            return
        ended = job.state not in (JobState.QUEUED, JobState.PAINTING)
        if ended and not job.settled and job.id not in self._tasks:
            task = asyncio.create_task(self._deliver_and_log(job), name=f"deliver job {job.id}")
            self._tasks[job.id] = task
            task.add_done_callback(lambda _: self._tasks.pop(job.id, None))

    async def _deliver_and_log(self, job: Job) -> None:
        with about_job(str(job.id)):
            few = replace(self._back_off, attempts=MOST_FAULTS).retrying(
                _may_pass, log=log, what="delivery failed", traceback=True
            )
            # A full disk, or a database that is away, may need more time than a fault of ours.
            many = self._back_off.retrying(STORAGE_FAULTS, log=log, what="delivery failed")
            try:
                await many(few, self._deliver, job)
            except Exception:
                log.exception("this outcome cannot be sent; it is kept for /queue show")
                await self._keep(job)

    async def _keep(self, job: Job) -> None:
        """Give up sending an outcome, tell its member so, and keep it for `/queue show`; retries.

        A disk on which the outcome could not be noted may still be full.
        """
        retrying = self._back_off.retrying(
            _is_fault, log=log, what="this outcome could not be kept", traceback=True
        )
        try:
            await retrying(self._keep_once, job)
        except Exception:  # the next start of the bot tries again
            log.exception("this outcome could not be kept")

    async def _keep_once(self, job: Job) -> None:
        job = await self._jobs.get(job.id) or job  # how far its delivery came

        async def pack(_: int) -> tuple[Card, list[Upload]]:
            with speaking(job.origin.language):
                return outcome_card.undeliverable(job), []

        with contextlib.suppress(MessageDeleted):  # it is not wanted there
            for route in _routes(job, notify=False):
                if await self._send_by(route, job, pack) is not None:
                    break
        await self._jobs.kept(job.id)

    async def _deliver(self, job: Job) -> None:
        await self._cards.release(job.id)
        job = await self._jobs.get(job.id) or job  # the last edit may have stored the card's id
        wanted = await self._mentions(job.origin.guild_id)
        notify = wanted and not _knows_already(job) and self._took_long(job)
        try:
            for route in _routes(job, notify):
                sent = await self._send_by(route, job, partial(self._packed, job))
                if sent is not None:
                    log.info("%s, delivered by %s", job.state, route)
                    await self._jobs.delivered(job.id, sent.channel_id, sent.message_id)
                    await self._follow_up(job, route, sent, notify)
                    return
        except MessageDeleted:
            log.info("%s, but the card was deleted; kept for /paintings", job.state)
            await self._jobs.delivered(job.id, job.origin.channel_id, 0)
            return
        if _knows_already(job):
            await self._jobs.delivered(job.id, job.origin.channel_id, 0)
            return
        log.warning("%s, but no route to the member works; kept for /queue show", job.state)
        await self._jobs.kept(job.id)

    async def _send_by(self, route: str, job: Job, pack: Pack) -> Sent | None:
        """Send by one route, with retries; None when the route is closed.

        `pack` makes the message for a largest size of files. Raises OutputRejected and
        ImageRejected where there is none.
        """
        # when the first send of unknown outcome began
        unclear = job.delivery.tried_at if job.delivery.route == route else None
        limit = self._limit_of(route, job)

        async def send() -> Sent | None:
            nonlocal limit, unclear
            while True:
                uploads: list[Upload] = []
                begun = self._clock()
                try:
                    async with self._turns:
                        shown, uploads = await pack(limit)
                        return await self._attempt(route, job, shown, uploads, unclear)
                except FileTooLarge:
                    if not uploads:
                        return None
                    limit = max(len(upload.data) for upload in uploads) // 2
                    log.info("Discord takes no file of this size here; trying %d bytes", limit)
                except NotNow:
                    unclear = unclear or begun
                    raise

        retrying = self._back_off.retrying(NotNow, log=log, what=f"sending by {route} failed")
        try:
            return await retrying(send)
        except MessageDeleted:
            raise
        except (RouteClosed, NotNow) as error:  # NotNow: as often as it is tried
            log.info("%s is closed: %s", route, error)
            return None

    def _limit_of(self, route: str, job: Job) -> int:
        """Give the largest size of each file by a route, in bytes."""
        if route == PRIVATE:
            return self._sender.upload_limit(OUTSIDE)
        of_server = self._sender.upload_limit(job.origin.guild_id)
        return job.origin.upload_limit or of_server if route == INTERACTION else of_server

    async def _attempt(
        self,
        route: str,
        job: Job,
        shown: Card,
        uploads: Sequence[Upload],
        unclear: float | None,
    ) -> Sent:
        """Send once, unless an earlier send of unknown outcome has arrived."""
        begin = partial(self._jobs.delivery_begun, job.id, route)
        if route != INTERACTION:
            await self._sender.check_card(job)
            privately = route == PRIVATE
            return await self._sender.send_once(
                job, shown, uploads, privately=privately, begin=begin, unclear_since=unclear
            )
        await begin()
        try:
            return await self._sender.edit_original(job, shown, uploads)
        except MessageDeleted as error:
            if job.delivery.card_message_id is not None:
                raise
            # It was no card yet: a refusal that a crash cut short deleted the "thinking" message.
            raise RouteClosed(str(error)) from error
        except RouteClosed:
            # An edit that is sent twice changes the same message. But when the token expired after
            # a send of unknown outcome, the message may have been edited.
            if unclear is not None:
                sent = await self._sender.card_has(job, shown.actions)
                if sent is not None:
                    return sent
            raise

    async def _packed(self, job: Job, limit: int) -> tuple[Card, list[Upload]]:
        with speaking(job.origin.language):
            try:
                return await self._packer.pack(job, limit)
            except PictureGone:
                return outcome_card.deleted(job), []

    async def _follow_up(self, job: Job, route: str, sent: Sent, notify: bool) -> None:
        """Edit the card to link to the outcome in another message; or say that it is in the card.

        Both are tried once: the member has the outcome.
        """
        try:
            if route != INTERACTION:
                link = link_to(job.origin.guild_id, sent) if route == CHANNEL else None
                with speaking(job.origin.language):
                    new = outcome_card.sent_elsewhere(job, link)
                await self._sender.edit_card(job, new, [])
            elif notify:
                await self._sender.notify(job, sent)
        except SendError as error:
            log.info("delivered, but no more: %s", error)

    def _took_long(self, job: Job) -> bool:
        ended = job.painted_at or job.finished_at or self._clock()
        return ended - job.created_at > self._long_wait


def _routes(job: Job, notify: bool) -> tuple[str, ...]:
    """List the routes to try: all, or those from the last one that was tried."""
    if _knows_already(job) or job.origin.guild_id == OUTSIDE:
        return (INTERACTION,)
    routes: tuple[str, ...] = ROUTES_AFTER_LONG if notify else ROUTES
    if job.origin.private:
        routes = (INTERACTION, PRIVATE)
    begun = job.delivery.route
    return routes[routes.index(begun) :] if begun in routes else routes


def _may_pass(error: Exception) -> bool:
    """Say whether one of a few tries may succeed: not with a painting that cannot be encoded."""
    return not isinstance(error, (ImageRejected, OutputRejected, *STORAGE_FAULTS))


def _knows_already(job: Job) -> bool:
    """Say whether the member needs no message: they cancelled the job themselves, or are gone."""
    expected = (job.origin.member_id, NOBODY)
    return job.state is JobState.CANCELLED and job.cancelled_by in expected


def _is_fault(error: Exception) -> bool:
    """Say whether an error is a fault of ours or the disk's: not that the job is gone."""
    return not isinstance(error, MuralscapeError)
