"""An order that a worker has taken: its files, its lease, and the upload of its checkpoints."""

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import Literal

from nats.aio.msg import Msg

from bot.executors.contract import PaintOrder
from bot.executors.nats import wire
from bot.executors.nats.access import RETRYABLE, explain
from bot.executors.nats.sealed_objects import SealedObjects

log = logging.getLogger(__name__)

PAUSE_FACTOR = 10.0  # of the pause after an upload, as a multiple of the upload's time

# "void" is an order of an earlier run of the bot; "handed back" one of a worker that leaves.
StopReason = Literal["cancelled", "void", "handed back"]


class TakenOrder:
    """An order that a worker has taken. `folder` is for its files.

    `local_id` is its job id for the worker's own executor. The job's own would not do: a worker may
    have two orders of one job, a second attempt while it still stops the first.
    """

    def __init__(
        self,
        order: wire.Order,
        message: Msg,
        local_id: int,
        folder: Path,
        objects: SealedObjects,
        timing: wire.NatsTiming,
    ) -> None:
        self.order = order
        self.message = message  # must be acknowledged, or extended, within the lease
        self.files = _files_of(order, local_id, folder)
        self.stop_reason: StopReason | None = None  # None until it is to stop
        self.painting = False  # the engine has it
        self._objects = objects
        self._timing = timing
        self._uploaded_mtime = 0.0  # of the checkpoint that was uploaded last

    @property
    def sends_outcome(self) -> bool:
        """Whether this worker sends an outcome: not of an order that is void or handed back."""
        return self.stop_reason not in ("handed back", "void")

    async def download_inputs(self) -> bool:
        """Download the order's pictures, and the checkpoint of an earlier attempt if there is one.

        False when the pictures are missing: the attempt has ended.
        """
        objects, files, secret = self._objects, self.files, self.order.secret_bytes
        if not await objects.download(wire.pictures_of(self.order.key), secret, *files.inputs):
            return False
        if files.resume is not None:
            checkpoint = wire.checkpoint_of(self.order.job_id)
            await objects.download(checkpoint, secret, files.resume)
        return True

    async def upload_checkpoint(self) -> None:
        """Upload the checkpoint, if the engine wrote one since the last upload.

        Raises RETRYABLE.
        """
        file = self.files.checkpoint
        if file is None or not file.exists() or file.stat().st_mtime == self._uploaded_mtime:
            return
        mtime = file.stat().st_mtime
        name = wire.checkpoint_of(self.order.job_id)
        await self._objects.upload_once(name, self.order.secret_bytes, file)
        self._uploaded_mtime = mtime

    async def extend_lease(self) -> None:
        """Extend the lease until cancelled."""
        while True:
            await asyncio.sleep(self._timing.lease / 3)
            try:
                await self.message.in_progress()
            except RETRYABLE as error:
                log.warning("the lease could not be extended: %s", explain(error))

    async def upload_checkpoints(self) -> None:
        """Upload checkpoints until cancelled; pauses leave the network to other transfers."""
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            with contextlib.suppress(*RETRYABLE):
                await self.upload_checkpoint()
            upload_seconds = clock() - began
            await asyncio.sleep(max(self._timing.upload, PAUSE_FACTOR * upload_seconds))


def _files_of(order: wire.Order, local_id: int, folder: Path) -> PaintOrder:
    return PaintOrder(
        job_id=local_id,
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
