"""Delivers the outcome of a job to its member, once, by the first route that works.

The routes, in order: the answer to the interaction, a message in the channel, a direct message.
Each send is recorded in the database before it happens, so that after a crash the message is
searched for before it is sent again.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial

from bot.back_off import BackOff
from bot.discord_io.sending import FileTooLarge, NotNow, RouteClosed, SendError, Sent, Upload
from bot.errors import PictureGone
from bot.jobs.model import NOBODY, Job, JobState
from bot.jobs.service import JobService
from bot.logs import about_job
from bot.muralize import card
from bot.muralize.live_cards import LiveCards
from bot.muralize.packer import OutcomePacker
from bot.muralize.sender import JobMessageSender
from bot.people import OUTSIDE
from engine.errors import OutputRejected

log = logging.getLogger(__name__)

INTERACTION, CHANNEL, PRIVATE = "interaction", "channel", "direct message"
ROUTES = (INTERACTION, CHANNEL, PRIVATE)


class Deliverer:
    """Delivers the outcomes of jobs."""

    def __init__(
        self,
        jobs: JobService,
        sender: JobMessageSender,
        cards: LiveCards,
        packer: OutcomePacker,
        clock: Callable[[], float],
        back_off: BackOff,
        at_a_time: int = 4,
    ) -> None:
        self._jobs = jobs
        self._sender = sender
        self._cards = cards
        self._packer = packer
        self._clock = clock
        self._back_off = back_off
        self._turns = asyncio.Semaphore(at_a_time)  # each holds a picture in memory
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
        ended = job.state not in (JobState.QUEUED, JobState.PAINTING)
        if ended and not job.settled and job.id not in self._tasks:
            task = asyncio.create_task(self._deliver_and_log(job), name=f"deliver job {job.id}")
            self._tasks[job.id] = task
            task.add_done_callback(lambda _: self._tasks.pop(job.id, None))

    async def _deliver_and_log(self, job: Job) -> None:
        with about_job(str(job.id)):
            retrying = self._back_off.retrying(
                Exception,  # such as a full disk
                log=log,
                what="delivery failed",
                traceback=True,
            )
            await retrying(self._deliver, job)

    async def _deliver(self, job: Job) -> None:
        await self._cards.release(job.id)
        job = await self._jobs.get(job.id) or job  # the last edit may have stored the card's id
        for route in _routes(job):
            sent = await self._send_by(route, job)
            if sent is not None:
                log.info("%s, delivered by %s", job.state, route)
                await self._jobs.delivered(job.id, sent.channel_id, sent.message_id)
                await self._update_old_card(job, route, sent)
                return
        if _knows_already(job):
            await self._jobs.delivered(job.id, job.origin.channel_id, 0)
            return
        log.warning("%s, but no route to the member works; kept for /queue show", job.state)
        await self._jobs.kept(job.id)

    async def _send_by(self, route: str, job: Job) -> Sent | None:
        """Send by one route, with retries; None when the route is closed."""
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
                        shown, uploads = await self._packed(job, limit)
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
        except (RouteClosed, OutputRejected) as error:
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
        shown: card.Card,
        uploads: Sequence[Upload],
        unclear: float | None,
    ) -> Sent:
        """Send once, unless an earlier send of unknown outcome has arrived."""
        begin = partial(self._jobs.delivery_begun, job.id, route)
        if route != INTERACTION:
            privately = route == PRIVATE
            return await self._sender.send_once(
                job, shown, uploads, privately=privately, begin=begin, unclear_since=unclear
            )
        await begin()
        try:
            return await self._sender.edit_original(job, shown, uploads)
        except RouteClosed:
            # An edit that is sent twice changes the same message. But when the token expired after
            # a send of unknown outcome, the message may have been edited.
            if unclear is not None:
                sent = await self._sender.card_has(job, shown.actions)
                if sent is not None:
                    return sent
            raise

    async def _packed(self, job: Job, limit: int) -> tuple[card.Card, list[Upload]]:
        try:
            return await self._packer.pack(job, limit)
        except PictureGone:
            return card.gone(job), []

    async def _update_old_card(self, job: Job, route: str, sent: Sent) -> None:
        """Edit the card to link to the outcome where that is in another message."""
        if route == INTERACTION:
            return
        link = None
        if route == CHANNEL:
            place = f"{job.origin.guild_id}/{sent.channel_id}/{sent.message_id}"
            link = f"https://discord.com/channels/{place}"
        try:
            await self._sender.edit_card(job, card.moved(job, link))
        except SendError as error:
            log.info("the old card stays as it is: %s", error)


def _routes(job: Job) -> tuple[str, ...]:
    """List the routes to try: all, or those from the last one that was tried."""
    if _knows_already(job) or job.origin.guild_id == OUTSIDE:
        return (INTERACTION,)
    routes = (INTERACTION, PRIVATE) if job.origin.private else ROUTES
    begun = job.delivery.route
    return routes[routes.index(begun) :] if begun in routes else routes


def _knows_already(job: Job) -> bool:
    """Say whether the member needs no message: they cancelled the job themselves, or are gone."""
    expected = (job.origin.member_id, NOBODY)
    return job.state is JobState.CANCELLED and job.cancelled_by in expected
