"""The environment of child processes: what they need to run, and nothing else of ours."""

import os
from pathlib import Path

_NAMES = frozenset(
    {
        *("HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ", "VIRTUAL_ENV"),
        "XDG_CACHE_HOME",
    }
)
_PREFIXES = (
    *("CUBLAS", "CUDA", "CUDNN", "GOMP_", "KMP_", "LC_", "MKL_", "NVIDIA_", "OMP_", "OPENBLAS_"),
    *("PYTORCH_", "TORCH_"),
)

# Pillow gives memory back after each picture, and taking it anew costs half as much as decoding.
KEEP_MEMORY = {"PILLOW_BLOCKS_MAX": "4"}  # blocks of 16 MiB that are kept: 16 megapixels


def for_children() -> dict[str, str]:
    """Give the variables on an allow-list, and where our own modules are found.

    A list of what is passed on, not of what is held back: a secret under a new name stays here.
    """
    passed_on = {
        name: value
        for name, value in os.environ.items()
        if name in _NAMES or name.startswith(_PREFIXES)
    }
    return {**passed_on, "PYTHONPATH": str(Path(__file__).parents[1])}
