"""Prepares the JetStream streams, their consumers and the object store of Muralscape."""

from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from bot.executors.nats import wire

DEDUPLICATION_SECONDS = 120.0  # JetStream's deduplication window
OBJECT_SECONDS = 7 * 86_400.0  # until the server deletes an object by itself


async def prepare_streams(streams: JetStreamContext, lease: float) -> None:
    """Create the streams, and purge the orders and outcomes of earlier runs of the bot.

    Those are void, because the bot sends its unfinished jobs again.
    """
    await create_streams(streams, lease)
    for stream in (wire.ORDERS, wire.OUTCOMES):
        await streams.purge_stream(stream)


async def create_streams(streams: JetStreamContext, lease: float) -> None:
    """Create what is missing on the server, and bring what an older version made up to date.

    `lease` is after how many seconds without an extension a message is delivered again.
    """
    for stream, subject in ((wire.ORDERS, wire.ORDER), (wire.OUTCOMES, f"{wire.OUTCOME}.>")):
        wanted = api.StreamConfig(
            name=stream,
            subjects=[subject],
            retention=api.RetentionPolicy.WORK_QUEUE,
            duplicate_window=DEDUPLICATION_SECONDS,
        )
        try:
            await streams.update_stream(wanted)  # an older version's had other subjects
        except NotFoundError:
            await streams.add_stream(wanted)
        await streams.add_consumer(
            stream,
            durable_name=stream,
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=lease,
            filter_subject=subject,
        )
    try:
        await streams.object_store(wire.PICTURES)
    except NotFoundError:
        await streams.create_object_store(
            wire.PICTURES, config=api.ObjectStoreConfig(ttl=OBJECT_SECONDS)
        )
