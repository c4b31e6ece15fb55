"""Engine processes start, die and are replaced without the bot's loop noticing much."""

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from bot.errors import CannotPaint, ExecutorLost, HostNeeded
from bot.executors.local import LocalExecutor
from tests.bot.executors.clockwork import Script
from tests.bot.executors.conftest import SETUP, SHORT_TIMEOUTS, MakeOrder, until
from tests.bot.executors.test_contract import begin, ignore
from tests.ticks import ticking

BOT = """
import asyncio
from bot.executors.local import LocalExecutor
from tests.bot.executors.conftest import SETUP

async def main():
    executor = LocalExecutor([SETUP])
    await executor.start()
    print(*executor.pids, flush=True)
    {then}

if __name__ == "__main__":
    asyncio.run(main())
"""


def run_bot(folder: Path, then: str) -> subprocess.Popen[str]:
    """Start a process that starts an executor, prints its process's id and does `then`."""
    script = folder / "bot_to_be.py"
    script.write_text(BOT.format(then=then))
    root = Path(__file__).parents[3]
    return subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    )


def wait_for_end(pid: int) -> None:
    """Wait until a process of another parent has gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(timeout=120)


async def wait_for_new_pid(executor: LocalExecutor, old: int) -> None:
    """Wait until a process was replaced."""
    await until(lambda: executor.pids not in ((old,), ()))


async def test_two_devices_paint_at_a_time(order_for: MakeOrder) -> None:
    """Two setups are two processes, each painting on its own."""
    executor = LocalExecutor([SETUP, SETUP])
    await executor.start()
    orders = [order_for(Script(steps=10, step_seconds=0.03)) for _ in range(4)]
    outcomes = [executor.paint(order, ignore) for order in orders[:2]]
    painters = {outcome.weights for outcome in await asyncio.gather(*outcomes)}
    assert painters == {f"process {pid}" for pid in executor.pids}
    assert executor.capacity == 2
    await executor.close()


async def test_weights_are_loaded_once(executor: LocalExecutor, order_for: MakeOrder) -> None:
    """One process paints one order after another."""
    outcomes = [await executor.paint(order_for(Script()), ignore) for _ in range(3)]
    assert len({outcome.weights for outcome in outcomes}) == 1


@pytest.mark.parametrize(
    ("weights", "sentence", "final"),
    [
        ("missing", "There are no weights at all.", True),
        ("huge", "There is no room.", False),
        ("damaged", "RuntimeError: an unexpected error", False),
    ],
)
async def test_a_start_that_fails(weights: str, sentence: str, final: bool) -> None:
    """An engine that cannot start says why, and if for good; it leaves no process."""
    broken = replace(SETUP, weights=weights)
    for setups in ([broken, broken], [SETUP, broken]) if final else ([broken, broken],):
        executor = LocalExecutor(setups)
        with pytest.raises(CannotPaint, match=sentence) as fault:
            await executor.start()
        assert isinstance(fault.value, HostNeeded) is final
        assert (executor.pids, executor.devices) == ((), ())


async def test_one_of_two_cannot_be_started_yet(
    order_for: MakeOrder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The other paints, the log says why, and once there is room both do."""
    room = tmp_path / "room"
    executor = LocalExecutor([replace(SETUP, weights=f"huge until {room}"), SETUP])
    await executor.start()
    assert (executor.capacity, executor.fault, executor.devices) == (1, None, ("clockwork",))
    assert "There is no room." in caplog.text
    outcomes = [executor.paint(order_for(Script()), ignore) for _ in range(2)]
    assert len({outcome.weights for outcome in await asyncio.gather(*outcomes)}) == 1
    room.touch()
    await until(lambda: executor.capacity == 2)
    await executor.close()


async def test_one_of_two_dies(order_for: MakeOrder, tmp_path: Path) -> None:
    """What the other paints goes on, and orders wait for it alone until the dead is replaced."""
    hold, go_on = tmp_path / "hold", tmp_path / "go on"
    executor = LocalExecutor([replace(SETUP, weights=str(hold)), SETUP])
    await executor.start()
    mortal, other = executor.pids
    hold.touch()  # the next process does not get ready
    capacities: list[int] = []
    executor.watch(lambda: capacities.append(executor.capacity))
    script = Script(steps=4, wait_for=str(go_on))
    (_, dying), (_, living) = [await begin(executor, order_for, script) for _ in range(2)]
    os.kill(mortal, signal.SIGKILL)
    with pytest.raises(ExecutorLost):
        await dying
    assert executor.capacity == 1
    assert executor.fault is None
    waiting = asyncio.create_task(executor.paint(order_for(Script()), ignore))
    assert not living.done()
    go_on.touch()
    for painting in (living, waiting):
        assert getattr(await painting, "weights", "") == f"process {other}"
    hold.unlink()
    await until(lambda: executor.capacity == 2)
    assert capacities == [1, 2]
    await executor.close()


async def test_a_start_that_never_ends() -> None:
    """An engine that is not ready in time is killed."""
    patience = replace(SHORT_TIMEOUTS, start=0.5)
    executor = LocalExecutor([replace(SETUP, weights="endless")], patience)
    with pytest.raises(CannotPaint, match=r"not ready after"):
        await executor.start()
    assert executor.pids == ()


async def test_killed_while_idle(executor: LocalExecutor, order_for: MakeOrder) -> None:
    """A process killed between two paintings is replaced, and no order is lost to that."""
    (pid,) = executor.pids
    os.kill(pid, signal.SIGKILL)
    await wait_for_new_pid(executor, pid)
    await executor.paint(order_for(Script()), ignore)


async def test_killed_while_painting(executor: LocalExecutor, order_for: MakeOrder) -> None:
    """A kill -9 in the middle of a painting is noticed at once."""
    (pid,) = executor.pids
    _, painting = await begin(executor, order_for, Script(steps=1000, step_seconds=0.02))
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(ExecutorLost, match="exit code -9"):
        await painting
    await executor.paint(order_for(Script()), ignore)


async def test_frozen_while_painting(order_for: MakeOrder) -> None:
    """A process that is stopped in mid-message is killed, and the loop is never blocked."""
    executor = LocalExecutor([SETUP], SHORT_TIMEOUTS)
    await executor.start()
    (pid,) = executor.pids
    _, painting = await begin(executor, order_for, Script(steps=1000, step_seconds=0.02))
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(ExecutorLost, match="nothing was heard"):
        await painting
    await executor.close()


async def test_frozen_while_idle(order_for: MakeOrder) -> None:
    """A process that freezes between two paintings is a fault with a message, and is replaced."""
    executor = LocalExecutor([SETUP], replace(SHORT_TIMEOUTS, idle=2.5))
    await executor.start()
    (pid,) = executor.pids

    def fault() -> str:
        return executor.fault or "none"

    assert fault() == "none"
    os.kill(pid, signal.SIGSTOP)
    await until(lambda: fault() != "none")
    assert f"nothing was heard of engine process {pid}" in fault()
    await wait_for_new_pid(executor, pid)
    await executor.paint(order_for(Script()), ignore)
    assert fault() == "none"
    await executor.close()


async def test_idle_for_long() -> None:
    """A process that merely has nothing to do is left alone, however long."""
    executor = LocalExecutor([SETUP], replace(SHORT_TIMEOUTS, idle=2.0))
    await executor.start()
    pids = executor.pids
    await asyncio.sleep(3)
    assert executor.pids == pids
    await executor.close()


async def test_says_why_it_cannot_paint(order_for: MakeOrder) -> None:
    """The fault is told before the start, while a process is silent or replaced, and at the end."""
    executor = LocalExecutor([SETUP], replace(SHORT_TIMEOUTS, silence=10.0))

    def fault() -> str:
        return executor.fault or "none"

    assert fault() == "the engine was not started"
    starting = asyncio.create_task(executor.start())
    while fault() == "the engine was not started":  # noqa: ASYNC110 - no event is part of its API
        await asyncio.sleep(0)
    assert fault() == "the engine is being started"
    await starting
    assert fault() == "none"
    (pid,) = executor.pids
    _, painting = await begin(executor, order_for, Script(steps=1000, step_seconds=0.02))
    assert fault() == "none"
    os.kill(pid, signal.SIGSTOP)
    await until(lambda: "nothing was heard" in fault())
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(ExecutorLost):
        await painting
    assert fault() != "none"
    await wait_for_new_pid(executor, pid)
    await executor.close()
    assert "it was closed" in fault()


async def test_signals_to_the_group_are_the_bots_to_answer(
    executor: LocalExecutor, order_for: MakeOrder
) -> None:
    """Ctrl-C and SIGTERM, which reach every process of a group, do not end a painting."""
    (pid,) = executor.pids
    _, painting = await begin(executor, order_for, Script(steps=20, step_seconds=0.02))
    os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGTERM)
    await painting
    assert executor.pids == (pid,)


async def test_abandoned(executor: LocalExecutor, order_for: MakeOrder) -> None:
    """When the task that waits for a painting is cancelled, the painting ends too."""
    (pid,) = executor.pids
    _, painting = await begin(executor, order_for, Script(steps=1000, step_seconds=0.02))
    painting.cancel()
    await wait_for_new_pid(executor, pid)
    await executor.paint(order_for(Script()), ignore)


async def test_is_nicer_than_the_bot(executor: LocalExecutor) -> None:
    """The engine yields the processor to the bot, by as much as the system has (19 at most)."""
    (pid,) = executor.pids
    own = psutil.Process().nice()
    assert psutil.Process(pid).nice() == min(19, own + SETUP.niceness)


@pytest.mark.slow
def test_dies_with_the_bot(tmp_path: Path) -> None:
    """When the bot is killed, its engine process ends too."""
    bot = run_bot(tmp_path, then="await asyncio.sleep(60)")
    assert bot.stdout is not None
    pid = int(bot.stdout.readline())
    bot.kill()
    bot.wait()
    bot.stdout.close()
    wait_for_end(pid)


def test_a_bot_that_forgets_to_close_still_exits(tmp_path: Path) -> None:
    """A bot that ends by an error, without closing its executor, does not hang at its exit."""
    bot = run_bot(tmp_path, then="raise SystemExit(3)")
    assert bot.stdout is not None
    pid = int(bot.stdout.readline())
    assert bot.wait(timeout=120) == 3
    bot.stdout.close()
    wait_for_end(pid)


def test_the_bot_never_imports_torch() -> None:
    """All of the bot's own modules together leave torch unimported."""
    script = """
import importlib, pathlib, sys
import bot
for file in sorted(pathlib.Path(bot.__path__[0]).rglob("*.py")):
    parts = file.relative_to(pathlib.Path(bot.__path__[0]).parent).with_suffix("").parts
    if "versions" in parts or parts[-1] in ("env", "__main__", "engine_painter"):
        continue
    importlib.import_module(".".join(parts).removesuffix(".__init__"))
print("torch" in sys.modules, "bot.jobs.service" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]


async def test_a_bot_without_threads_does_not_start() -> None:
    """Where no thread can be started, not even the first one, the start says so."""
    others = children()
    executor = LocalExecutor([SETUP])
    with no_threads(), pytest.raises(CannotPaint, match="can't start new thread"):
        await executor.start()
    # The next call makes a thread, and that finds the one that was given up before its own.
    await asyncio.to_thread(lambda: None)
    assert children() == others


async def test_the_loop_stays_responsive(order_for: MakeOrder) -> None:
    """Starting, painting, crashing and closing never hold the event loop for over 50 ms."""
    async with ticking() as ticks:
        executor = LocalExecutor([SETUP])
        await executor.start()
        await executor.paint(order_for(Script(steps=100, step_seconds=0.005)), ignore)
        with pytest.raises(ExecutorLost):
            await executor.paint(order_for(Script(fault="die")), ignore)
        await executor.close()
    assert max(ticks.holds) < 50


async def test_closing_loses_what_waits_for_a_new_process(
    order_for: MakeOrder, tmp_path: Path
) -> None:
    """An order that waits for a new engine process is lost when the executor closes."""
    hold = tmp_path / "hold"
    executor = LocalExecutor([replace(SETUP, weights=str(hold))])
    await executor.start()
    hold.touch()  # the next process does not get ready
    with pytest.raises(ExecutorLost):
        await executor.paint(order_for(Script(fault="die")), ignore)
    waiting = asyncio.create_task(executor.paint(order_for(Script()), ignore))
    await until(lambda: executor.fault == "the engine is being started")
    await executor.close()
    with pytest.raises(ExecutorLost, match="was closed"):
        await asyncio.wait_for(waiting, 30)


def children() -> set[int]:
    """Find the processes that this one has started."""
    return {child.pid for child in psutil.Process().children()}


@contextlib.contextmanager
def no_files() -> Iterator[None]:
    """Let no pipe be made: this process may have no more than its standard streams."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def no_threads() -> Iterator[None]:
    """Let no thread be started: its stack would not fit into the address space."""
    size = threading.stack_size(1 << 46)
    try:
        yield
    finally:
        threading.stack_size(size)


@pytest.mark.parametrize("limit", [no_files, no_threads])
async def test_a_system_that_starts_no_process(
    executor: LocalExecutor,
    order_for: MakeOrder,
    caplog: pytest.LogCaptureFixture,
    limit: Callable[[], AbstractContextManager[None]],
) -> None:
    """A dead process is replaced as soon as the system has room for another one."""
    (old,) = executor.pids
    others = children() - {old}
    with limit():
        os.kill(old, signal.SIGKILL)
        await until(lambda: "No engine process can be started" in caplog.text)
    await wait_for_new_pid(executor, old)
    await executor.paint(order_for(Script()), ignore)
    assert children() - others == set(executor.pids)  # none that nobody listens to
