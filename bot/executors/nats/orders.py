"""Sends orders to workers, nudges and cancels them, and removes what an attempt leaves behind."""

import itertools
import secrets
from pathlib import Path
from typing import Literal

from bot.executors.contract import PaintOrder
from bot.executors.nats import wire
from bot.executors.nats.attempt import Attempt
from bot.executors.nats.connection import NatsConnection
from bot.executors.nats.registry import WorkerRegistry
from bot.executors.nats.sealed_objects import SealedObjects
from bot.executors.nats.sealing import secret_of


class OrderSender:
    """Sends the orders of one run of the bot. The jobs' secrets are derived from `secret`."""

    def __init__(
        self,
        connection: NatsConnection,
        objects: SealedObjects,
        registry: WorkerRegistry,
        run_id: str,
        secret: bytes,
    ) -> None:
        self._connection = connection
        self._objects = objects
        self._registry = registry
        self._run_id = run_id
        self._secret = secret
        self._attempt_numbers = itertools.count(1)

    def new_message(self, order: PaintOrder) -> wire.Order:
        """Make the message of a new attempt, with a key of its own."""
        number = next(self._attempt_numbers)
        return wire.Order(  # the key is read by `wire.job_of`
            key=f"{self._run_id}-{order.job_id}-{number}-{secrets.token_hex(16)}",
            run_id=self._run_id,
            job_id=order.job_id,
            settings=order.settings,
            styles=len(order.styles),
            mask=order.mask is not None,
            timelapse=order.timelapse is not None,
            secret=secret_of(self._secret, order.job_id).hex(),
            animation=_suffix_of(order.animation),
            surroundings=order.surroundings is not None,
        )

    async def send(self, attempt: Attempt) -> None:
        """Upload an order's pictures, put it into the stream, and nudge a worker.

        Waits for a connection. Raises OSError for an unreadable picture.
        """
        message = attempt.message
        await self._connection.until_open()
        pictures = wire.pictures_of(message.key)
        attempt.objects.append(pictures)
        await self._objects.upload(pictures, message.secret_bytes, *attempt.order.inputs)
        attempt.stream_number = await self._connection.store(wire.ORDER, message.key, message)
        await self.nudge(attempt)

    async def nudge(self, attempt: Attempt) -> None:
        """Tell the best idle worker to pull orders now; without that, workers poll for them."""
        if worker := self._registry.choose(attempt.order):
            await self._connection.send(f"{wire.NUDGE}.{worker}", wire.Nudge())

    async def cancel(self, key: str) -> None:
        """Tell the workers that have an order to stop painting it."""
        await self._connection.send(wire.CANCEL, wire.CancelOrder(wire.label_of(key)))

    async def clean_up(self, attempt: Attempt) -> None:
        """Remove an ended attempt's order and objects from the server; waits for a connection.

        The job's checkpoint stays if the attempt was lost: the next one may resume from it.
        """
        await self._connection.until_open()
        if attempt.has_outcome:
            outcome = attempt.outcome.result()
            if outcome.painted is not None:
                name = wire.result_name(attempt.message.key, outcome.worker)
                attempt.objects.append(name)
        else:
            # Whether a worker has the order is not known, so stop its painting and withdraw it.
            await self.cancel(attempt.message.key)
            if attempt.stream_number is not None:
                await self._connection.withdraw(wire.ORDERS, attempt.stream_number)
        if not attempt.lost:
            attempt.objects.append(wire.checkpoint_of(attempt.message.job_id))
        await self._objects.remove(*attempt.objects)


def _suffix_of(animation: Path | None) -> Literal["", ".gif", ".webp"]:
    """Give the suffix of an animation's file; empty where no animation is wanted."""
    match animation:
        case Path(suffix=".gif"):
            return ".gif"
        case Path(suffix=".webp"):
            return ".webp"
    return ""
