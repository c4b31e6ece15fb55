"""An order that a worker has taken: its files, its lease, and the checkpoints it uploads."""

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
from bot.executors.nats.connection import NatsConnection

log = logging.getLogger(__name__)

UPLOAD_SHARE = 10.0  # pause between two checkpoint uploads, as a multiple of the last one's time

StopReason = Literal["", "cancelled", "void", "handed back"]


class Work:
    """An order that a worker has taken. `folder` is for its files."""

    def __init__(
        self,
        order: wire.Order,
        message: Msg,
        folder: Path,
        connection: NatsConnection,
        timing: wire.NatsTiming,
    ) -> None:
        self.order = order
        self.message = message  # must be acknowledged, or extended, within the lease
        self.files = _files_of(order, folder)
        self.stop: StopReason = ""
        self.painting = False
        self._connection = connection
        self._timing = timing
        self._uploaded = 0.0  # mtime of the last uploaded checkpoint

    @property
    def is_given_up(self) -> bool:
        """Whether it was stopped here for the order to be painted elsewhere, or not at all."""
        return self.stop in ("handed back", "void")

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
        connection, files, secret = self._connection, self.files, self.order.secret_bytes
        if not await connection.download(wire.pictures_of(self.order.key), secret, *files.inputs):
            return False
        if files.resume is not None:
            checkpoint = wire.checkpoint_of(self.order.job_id)
            await connection.download(checkpoint, secret, files.resume)
        return True

    async def upload_checkpoint(self) -> None:
        """Upload the checkpoint, if the engine wrote one since the last upload. Raises TROUBLE."""
        file = self.files.checkpoint
        if file is None or not file.exists() or file.stat().st_mtime == self._uploaded:
            return
        self._uploaded = file.stat().st_mtime
        name = wire.checkpoint_of(self.order.job_id)
        await self._connection.upload_once(name, self.order.secret_bytes, file)

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
            await asyncio.sleep(max(self._timing.upload, UPLOAD_SHARE * (clock() - began)))


def _files_of(order: wire.Order, folder: Path) -> PaintOrder:
    return PaintOrder(
        job_id=order.job_id,
        settings=order.settings,
        content=folder / "content",
        styles=tuple(folder / f"style-{number}" for number in range(order.styles)),
        mask=folder / "mask" if order.mask else None,
        surroundings=(folder / "paint", folder / "held", folder / "whole")
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
