"""A decoder that many tests share."""

from bot.pictures.decoder import Decoder


class SharedDecoder(Decoder):
    """Entering and leaving it does nothing, so that its children outlive each bot that uses it.

    Starting one takes a quarter of a second of the processor. They end with the test process.
    """

    async def __aenter__(self) -> "SharedDecoder":
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass


DECODER = SharedDecoder()
