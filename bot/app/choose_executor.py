"""Chooses what paints, from the settings: this machine, workers over NATS, or both."""

from collections.abc import Sequence

from bot.errors import HostNeeded
from bot.executors.composite import CompositeExecutor
from bot.executors.contract import Executor
from bot.executors.engine_process import EngineSetup
from bot.executors.local import LocalExecutor
from bot.executors.preconditions import check_setup
from bot.settings import Settings
from bot.storage.key import read_or_make_key

NATS_KEY_FILE = "workers.key"  # in the data folder; seals checkpoints, also for the next run


class NatsClientMissing(HostNeeded):
    """The settings ask for workers, and the library that reaches them is not installed."""

    def __init__(self) -> None:
        super().__init__("nats.url needs its client: pip install 'muralscape[nats]'")


def executor_for(settings: Settings) -> Executor:
    """Make the bot's executor.

    Raises `NatsClientMissing`, and `EngineUnusable` where nothing could paint. (With workers, the
    bot goes on without its own engine.)
    """
    nats = settings.nats
    if not nats.url:
        for device in settings.engine.device:
            check_setup(_setup(settings, device))
        return local_executor(settings)
    try:
        from bot.executors.nats.access import Access
        from bot.executors.nats.executor import NatsExecutor
    except ModuleNotFoundError:
        raise NatsClientMissing from None
    token = nats.token.get_secret_value() if nats.token else ""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = read_or_make_key(settings.data_dir / NATS_KEY_FILE)
    access = Access(nats.url, token, nats.nkey_file, nats.ca_file)
    elsewhere = NatsExecutor(access, secret=secret)
    if not nats.paint_here:
        return elsewhere
    return CompositeExecutor(local_executor(settings), elsewhere)


def local_executor(settings: Settings, devices: Sequence[str] = ()) -> Executor:
    """Make an executor for this machine alone, for a trial; `devices` in place of the settings'."""
    return LocalExecutor([_setup(settings, one) for one in devices or settings.engine.device])


def _setup(settings: Settings, device: str) -> EngineSetup:
    return EngineSetup(settings.engine.weights, device, settings.engine.precision)
