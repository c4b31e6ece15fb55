"""Objects in a NATS object store: laid down as other clients do, and removed without a trace."""

from collections.abc import AsyncIterator

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.errors import DigestMismatchError, NotFoundError

from bot.executors.nats.objects import Objects
from tests.bot.executors.nats_server import NatsServer

FILES = [b"content" * 100, b"", b"style" * 77]


@pytest.fixture
async def streams(nats_server: NatsServer) -> AsyncIterator[JetStreamContext]:
    """A connection to a server that has an empty bucket."""
    client = await nats.connect(nats_server.url)
    streams = client.jetstream()
    await streams.create_object_store("things")
    yield streams
    await client.close()


async def messages(streams: JetStreamContext) -> int:
    """Count what the bucket's stream holds."""
    return (await streams.stream_info("OBJ_things")).state.messages


async def test_files_come_back(streams: JetStreamContext) -> None:
    """Several files are one object, whatever the size of its chunks."""
    objects = Objects(streams, "things")
    for chunk in (100, 1 << 20):
        await objects.write("job/pictures", FILES, chunk)
        assert await objects.read("job/pictures") == FILES
    await objects.write("job/empty", [b""])
    assert await objects.read("job/empty") == [b""]


async def test_any_client_of_nats_can_read_and_write_them(streams: JetStreamContext) -> None:
    """What was written here is read by nats-py's own store, and the other way round."""
    objects, store = Objects(streams, "things"), await streams.object_store("things")
    await objects.write("job/pictures", FILES, 100)
    assert (await store.get("job/pictures")).data == b"".join(FILES)
    await store.put("theirs", b"x" * 300_000)
    assert await objects.read("theirs") == [b"x" * 300_000]


async def test_an_object_is_replaced(streams: JetStreamContext) -> None:
    """The newer one is read, and the chunks of the older ones are gone when it is said."""
    objects = Objects(streams, "things")
    for text in (b"older" * 100, b"newer" * 100):
        place = await objects.write("checkpoint/1", [text], 100)
        assert await objects.read("checkpoint/1") == [text]
    await objects.write("checkpoint/12", [b"another's"])
    await objects.remove_older("checkpoint/1", place)
    assert await objects.read("checkpoint/1") == [b"newer" * 100]
    assert await objects.read("checkpoint/12") == [b"another's"]
    assert await messages(streams) == 5 + 1 + 2


async def test_a_removed_object_leaves_nothing(streams: JetStreamContext) -> None:
    """Neither chunks nor a description are left of it; one that was not there is no fault."""
    objects = Objects(streams, "things")
    await objects.write("job/pictures", FILES, 100)
    await objects.remove("job/pictures")
    await objects.remove("job/pictures")
    assert await messages(streams) == 0
    with pytest.raises(NotFoundError):
        await objects.read("job/pictures")


async def test_what_is_not_whole_is_not_read(streams: JetStreamContext) -> None:
    """An object that has lost a chunk is not there; one that has another's is damaged."""
    objects = Objects(streams, "things")
    place = await objects.write("job/pictures", FILES, 400)
    assert await streams.delete_msg("OBJ_things", place)
    with pytest.raises(NotFoundError):
        await objects.read("job/pictures")
    place = await objects.write("job/result", [b"one"])
    chunk = await streams.get_msg("OBJ_things", place)
    await streams.publish(str(chunk.subject), b"two")
    await streams.delete_msg("OBJ_things", place)
    with pytest.raises(DigestMismatchError):
        await objects.read("job/result")
