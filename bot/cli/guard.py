"""What a process of the bot sets up first: it keeps secrets in, and gives large buffers back."""

import contextlib
import ctypes
import os

from bot.settings import ENV_PREFIX

M_MMAP_THRESHOLD = -3  # of glibc's malloc.h
LARGE = 128 * 1024  # bytes; glibc's own threshold until it raises it


def guard() -> None:
    """Make new files readable by this user alone, and drop the settings from the environment.

    The memory of large buffers is returned to the system. To be called once the settings are read:
    children inherit the environment, and none of them needs the tokens that may be in it.
    """
    os.umask(0o077)
    for name in tuple(os.environ):
        if name.upper().startswith(ENV_PREFIX):
            del os.environ[name]
    _give_large_buffers_back()


def _give_large_buffers_back() -> None:
    """Have glibc return the memory of uploads to the system as soon as they are stored.

    By default it raises the size from which it does so to that of the largest buffer it has met,
    and the holes that later ones leave grow with every large upload.
    """
    with contextlib.suppress(OSError, AttributeError):  # not glibc
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE)
