"""An order that a worker has taken: its files, its lease, and the upload of its checkpoints."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from nats.aio.msg import Msg

from bot.executors.contract import PaintOrder
from bot.executors.nats import wire
from bot.executors.nats.access import TROUBLE
from bot.executors.nats.sealed_objects import SealedObjects

log = logging.getLogger(__name__)

PAUSE_FACTOR = 10.0  # a pause between uploads lasts so many times as long as the last upload

StopReason = Literal["", "cancelled", "void", "handed back"]


class Work:
    """An order that a worker has taken. `folder` is for its files."""

    def __init__(
        self,
        order: wire.Order,
        message: Msg,
        folder: Path,
        objects: SealedObjects,
        timing: wire.NatsTiming,
    ) -> None:
        self.order = order
        self.message = message  # must be acknowledged, or extended, within the lease
        self.files = _files_of(order, folder)
        self.stop_reason: StopReason = ""  # empty until it is to stop
        self.painting = False
        self._objects = objects
        self._timing = timing
        self._uploaded_mtime = 0.0  # of the checkpoint that was uploaded last

    @property
    def is_given_up(self) -> bool:
        """Whether this worker sends no outcome: it hands the order back, or the order is void."""
        return self.stop_reason in ("handed back", "void")

    @asynccontextmanager
    async def kept_alive(self) -> AsyncIterator[None]:
        """Extend the lease and upload checkpoints until the block ends."""
        tasks = [asyncio.create_task(t) for t in (self._extend_lease(), self._upload_checkpoints())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()

    async def download_inputs(self) -> bool:
        """Download the order's pictures, and the checkpoint of an earlier attempt if there is one.

        False when the pictures are missing: the bot has given the order up.
        """
        objects, files, secret = self._objects, self.files, self.order.secret_bytes
        if not await objects.download(wire.pictures_of(self.order.key), secret, *files.inputs):
            return False
        if files.resume is not None:
            checkpoint = wire.checkpoint_of(self.order.job_id)
            await objects.download(checkpoint, secret, files.resume)
        return True

    async def upload_checkpoint(self) -> None:
        """Upload the checkpoint, if the engine wrote one since the last upload. Raises TROUBLE."""
        file = self.files.checkpoint
        if file is None or not file.exists() or file.stat().st_mtime == self._uploaded_mtime:
            return
        self._uploaded_mtime = file.stat().st_mtime
        name = wire.checkpoint_of(self.order.job_id)
        await self._objects.upload_once(name, self.order.secret_bytes, file)

    async def _extend_lease(self) -> None:
        while True:
            await asyncio.sleep(self._timing.lease / 3)
            try:
                await self.message.in_progress()
            except TROUBLE as error:
                log.warning("the lease could not be extended: %s", error)

    async def _upload_checkpoints(self) -> None:
        """Upload checkpoints, seldom enough to leave the network to other transfers."""
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            with contextlib.suppress(*TROUBLE):
                await self.upload_checkpoint()
            upload_seconds = clock() - began
            await asyncio.sleep(max(self._timing.upload, PAUSE_FACTOR * upload_seconds))


def _files_of(order: wire.Order, folder: Path) -> PaintOrder:
    return PaintOrder(
        job_id=order.job_id,
        settings=order.settings,
        content=folder / "content",
        styles=tuple(folder / f"style-{number}" for number in range(order.styles)),
        mask=folder / "mask" if order.mask else None,
        surroundings=(folder / "paint", folder / "paint_mask", folder / "whole")
        if order.surroundings
        else None,
        result=folder / "result.png",
        timelapse=folder / "timelapse.mp4" if order.timelapse else None,
        film=folder / "film.mp4" if order.settings.film else None,
        animation=folder / f"film{order.animation}" if order.animation else None,
        checkpoint=folder / "checkpoint.pth",
        # A time-lapse must show the painting from its first step.
        resume=None if order.timelapse else folder / "resume.pth",
    )
