"""Looks into torch's operators as they run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

Arguments = tuple[Any, ...]
Operator = Callable[..., Any]


class Operators(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Within its block, each operator of torch is run by `run`, which a subclass overrides."""

    def __init_subclass__(cls) -> None:  # torch's own has no types
        super().__init_subclass__()  # type: ignore[no-untyped-call]

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401 - torch's own operators have no public type
        types: Sequence[type],
        args: Arguments = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Do what torch asks for."""
        return self.run(func._schema.name, func, args, kwargs or {})

    def run(self, name: str, operator: Operator, args: Arguments, kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Run one operator; `name` is such as "aten::convolution"."""
        return operator(*args, **kwargs)
