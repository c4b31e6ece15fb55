"""FP16 as a GPU does it, on a CPU that would take minutes: products summed in FP32."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from tests.engine.operators import Arguments, Operator, Operators

PRODUCTS = {
    "aten::convolution",
    "aten::convolution_backward",
    "aten::mm",
    "aten::addmm",
    "aten::addmm_",
    "aten::avg_pool2d",
    "aten::avg_pool2d_backward",
    "aten::max_pool2d_with_indices",
    "aten::max_pool2d_with_indices_backward",
}


class HalfOnCpu(Operators):
    """Makes products of FP16 numbers in FP32, and rounds what comes out to FP16.

    That is what tensor cores do, overflow to infinity and loss of small numbers included.
    """

    def run(self, name: str, operator: Operator, args: Arguments, kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Run an operator, and its products in FP32."""
        first = args[0] if args else None
        if name not in PRODUCTS or not isinstance(first, Tensor) or first.dtype != torch.float16:
            return operator(*args, **kwargs)
        if name == "aten::addmm_":
            return first.copy_(torch.addmm(*tree_map(_to(torch.float32), args)))
        if operator is torch.ops.aten.mm.dtype:  # it is in the number type that was asked for
            return operator(*args, **kwargs)
        out = operator(*tree_map(_to(torch.float32), args), **kwargs)
        return tree_map(_to(torch.float16), out)


def _to(dtype: torch.dtype) -> Callable[[object], object]:
    def convert(one: object) -> object:
        return one.to(dtype) if isinstance(one, Tensor) and one.is_floating_point() else one

    return convert
