"""What a process of the bot keeps from other users and from its children."""

import os

from bot.settings import ENV_PREFIX


def guard() -> None:
    """Make new files readable by this user alone, and drop the settings from the environment.

    To be called once the settings are read: children inherit the environment, and none of them
    needs the tokens that may be in it.
    """
    os.umask(0o077)
    for name in tuple(os.environ):
        if name.upper().startswith(ENV_PREFIX):
            del os.environ[name]
