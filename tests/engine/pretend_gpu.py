"""A GPU that computes on the processor: values are real, and what a GPU refuses is refused.

Tensors on it say that they are on a CUDA device and hold one on the CPU. Refused are operators on
tensors of both, a generator of the CPU for numbers on the GPU and, while a graph is captured, what
makes the host wait or copies from or to its memory. A graph is the operators that were run in its
block; a replay runs them again on the same memory. Not seen: kernels, sizes of memory, speed.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

from engine import graph as graph_module
from engine.features import normalisation
from tests.engine.operators import Arguments, Operator, Operators

GPU, CPU = torch.device("cuda:0"), torch.device("cpu")
COPIES = {"aten::copy_", "aten::_to_copy"}  # between devices
CHOICES = {"aten::index", "aten::index_put_", "aten::index_put"}  # with a mask they wait
WAITS = {
    "aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::equal",
    "aten::_unique2",
}  # fmt: skip


class OnGpu(Tensor):
    """A tensor on the GPU, by its values on the CPU."""

    own: Tensor

    @staticmethod
    def __new__(cls: type["OnGpu"], own: Tensor) -> "OnGpu":
        """Take the values."""
        made: OnGpu = Tensor._make_wrapper_subclass(
            cls,
            own.size(),
            strides=own.stride(),
            storage_offset=own.storage_offset(),
            dtype=own.dtype,
            device=GPU,
        )
        made.own = own
        return made

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., Any],
        types: object,
        args: Arguments = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever torch gives
        """Do what torch does, which has no `tolist` for subclasses."""
        if func is Tensor.tolist:
            return args[0].own.tolist()
        with torch._C.DisableTorchFunctionSubclass():
            return func(*args, **(kwargs or {}))

    @classmethod
    def __torch_dispatch__(cls, *_: object) -> None:
        """Refuse what is done while there is no such GPU."""
        raise RuntimeError("the GPU is gone")

    def __reduce_ex__(self, protocol: Any) -> Any:  # noqa: ANN401 - pickle's own
        """Be saved as what a file of a GPU's tensor is read as on the CPU."""
        return self.own.__reduce_ex__(protocol)  # type: ignore[no-untyped-call]


@dataclass
class Graph:
    """A captured step: its operators, with what each read and wrote."""

    gpu: "PretendGpu"
    replays: int = 0
    calls: list[tuple[Operator, Arguments, Mapping[str, Any], Any]] = field(default_factory=list)

    def record(self, operator: Operator, args: Arguments, kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Run an operator as at a replay, and keep it."""
        out = operator(*args, **kwargs)
        self.calls.append((operator, args, kwargs, out))
        return out

    def replay(self) -> None:
        """Run all operators on the very same memory."""
        self.replays += 1
        self.gpu.replays += 1
        for operator, args, kwargs, out in self.calls:
            again = operator(*args, **kwargs)
            for old, new in zip(tree_leaves(out), tree_leaves(again), strict=True):
                if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
                    old.copy_(new)


class PretendGpu(Operators):
    """Within its block there is such a GPU."""

    # torch does not look for a driver while there is a mode of this kind
    _mode_key = torch._C._TorchDispatchModeKey.FAKE

    def __init__(self) -> None:
        super().__init__()
        self.replays = 0
        self.fault: Exception | None = None  # raised at the end of the next captures
        self.stream: object = None  # the current one; None is the usual one
        self.graph: Graph | None = None  # that is captured now
        # Memory that a capture must leave as it was, by its address, and what was in it.
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}

    def __enter__(self) -> "PretendGpu":
        torch._C._ensureCUDADeviceGuardSet()
        torch._C._set_only_lift_cpu_tensors(True)
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *raised: object) -> None:
        super().__exit__(*raised)  # type: ignore[no-untyped-call]
        torch._C._set_only_lift_cpu_tensors(False)

    def run(self, name: str, operator: Operator, args: Arguments, kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Run an operator where its tensors are, or refuse it."""
        tensors = [one for one in tree_leaves((args, kwargs)) if isinstance(one, Tensor)]
        here = [one for one in tensors if isinstance(one, OnGpu)]
        named = kwargs.get("device")
        device = torch.device(named) if named is not None else GPU if here else CPU
        self._refuse(name, tensors, here, device, kwargs)
        kwargs = dict(kwargs)
        if named is not None:
            kwargs["device"] = CPU
        if operator is torch.ops.aten.mm.dtype:  # the CPU has none
            operator = _mm
        out = self._run(name, operator, tree_map(_values, args), tree_map(_values, kwargs))
        if name == "aten::copy_":
            return args[0]
        known = {id(one.own): one for one in here}
        return tree_map(partial(_placed, known), out) if device == GPU else out

    def _refuse(
        self,
        name: str,
        tensors: list[Tensor],
        here: list[OnGpu],
        device: torch.device,
        kwargs: Mapping[str, Any],
    ) -> None:
        # A kernel may be given a single number of the host's.
        elsewhere = [
            one for one in tensors if not isinstance(one, OnGpu) and (one.dim() or name in COPIES)
        ]
        if here and name not in COPIES:
            assert not elsewhere, f"{name} has tensors on the CPU and on the GPU"
        if device == GPU and kwargs.get("generator") is not None:
            raise AssertionError(f"{name} draws on the GPU by a generator of the CPU")
        if self.graph and (here or device == GPU):
            masks = [one for one in tensors[1:] if one.dtype == torch.bool]
            assert name not in WAITS, f"{name} makes the host wait"
            assert not (masks and name in CHOICES), f"{name} makes the host wait"
            assert not elsewhere, f"{name} copies from the host"
            assert device == GPU, f"{name} copies to the host"

    def _run(
        self, name: str, operator: Operator, args: Arguments, kwargs: Mapping[str, Any]
    ) -> Any:  # noqa: ANN401
        if self.graph is None:
            return operator(*args, **kwargs)
        first = args[0] if args else None
        target = first if name.endswith("_") else kwargs.get("grad_input")
        if isinstance(target, Tensor):
            memory = torch.empty(0, dtype=torch.uint8).set_(target.untyped_storage())
            if memory.data_ptr() not in self._kept:
                self._kept[memory.data_ptr()] = memory, memory.clone()
        return self.graph.record(operator, args, kwargs)

    @contextmanager
    def on(self, stream: object) -> Iterator[None]:
        """Run a block on a stream."""
        before, self.stream = self.stream, stream
        try:
            yield
        finally:
            self.stream = before

    @contextmanager
    def capture(self, graph: Graph, *, stream: object, **_: object) -> Iterator[None]:
        """Record the operators of a block; all memory is afterwards as it was before."""
        before, self.stream = self.stream, stream
        self.graph, self._kept = graph, {}
        try:
            yield
        finally:
            self.graph = None
            for memory, content in self._kept.values():
                memory.copy_(content)
            if self.fault:  # as torch does: the stream stays
                raise self.fault
            self.stream = before


def _mm(one: Tensor, other: Tensor, dtype: torch.dtype) -> Tensor:
    return (one.float() @ other.float()).to(dtype)


def _values(one: object) -> object:
    return one.own if isinstance(one, OnGpu) else one


def _placed(known: Mapping[int, OnGpu], one: object) -> object:
    if not isinstance(one, Tensor):
        return one
    return known[id(one)] if id(one) in known else OnGpu(one)


@contextmanager
def present(patch: pytest.MonkeyPatch) -> Iterator[PretendGpu]:
    """Have a GPU with a terabyte of memory, which captures graphs."""
    gpu = PretendGpu()
    answers: dict[str, Callable[..., object]] = {
        "graph": gpu.capture,
        "CUDAGraph": lambda: Graph(gpu),
        "Stream": lambda _: object(),
        "stream": gpu.on,
        "device": lambda _: nullcontext(),
        "mem_get_info": lambda _: (2**40, 2**40),
        "get_device_name": lambda _: "a GPU that is not there",
        "get_device_properties": lambda _: SimpleNamespace(uuid="pretended"),
    }
    for name, answer in answers.items():
        patch.setattr(torch.cuda, name, answer)
    caches = (graph_module._stream, normalisation)
    for cached in caches:
        cached.cache_clear()
    with gpu:
        yield gpu
    for cached in caches:
        cached.cache_clear()  # of what was on this GPU
