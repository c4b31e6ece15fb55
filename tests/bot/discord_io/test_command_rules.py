"""The rules of a server's Integrations page: which members may use a command."""

import pytest

from bot.discord_io.command_rules import CommandRules, Target
from bot.people import Standing

GUILD, MEMBER, ROLE, OTHER, CHANNEL, THREAD = 100, 1, 2, 3, 4, 5
COMMAND, APPLICATION = 6, 7
HERE = Standing(frozenset([GUILD, ROLE, OTHER]), (CHANNEL,))


def may(
    command: dict[tuple[int, int], bool],
    application: dict[tuple[int, int], bool] | None = None,
    standing: Standing = HERE,
) -> bool:
    """Say whether the member may use the command."""
    return CommandRules(GUILD, command, application or {}).allow(MEMBER, standing)


@pytest.mark.parametrize(
    ("command", "application", "allowed"),
    [
        ({}, {}, True),
        ({(Target.USER, MEMBER): False, (Target.ROLE, ROLE): True}, {}, False),
        ({(Target.ROLE, ROLE): False, (Target.ROLE, OTHER): True}, {}, True),
        ({(Target.ROLE, GUILD): False, (Target.ROLE, ROLE): True}, {}, True),
        ({(Target.ROLE, GUILD): False}, {}, False),
        ({(Target.CHANNEL, GUILD - 1): False, (Target.CHANNEL, CHANNEL): True}, {}, True),
        ({(Target.CHANNEL, GUILD - 1): False}, {}, False),
        ({(Target.CHANNEL, CHANNEL): False, (Target.USER, MEMBER): True}, {}, False),
        ({}, {(Target.USER, MEMBER): False}, False),
        ({(Target.ROLE, ROLE): True}, {(Target.USER, MEMBER): False}, True),
    ],
)
def test_the_stronger_rule_wins(
    command: dict[tuple[int, int], bool],
    application: dict[tuple[int, int], bool],
    allowed: bool,
) -> None:
    """Users before roles before everyone, one channel before all, a command before the bot."""
    assert may(command, application) is allowed


def test_threads_direct_messages_and_administrators() -> None:
    """A thread is its channel; a direct message has none; nothing binds administrators."""
    shut: dict[tuple[int, int], bool] = {(Target.CHANNEL, CHANNEL): False}
    assert not may(shut, standing=Standing(frozenset(), (THREAD, CHANNEL)))
    assert may(shut, standing=Standing(frozenset(), ()))
    assert may({(Target.USER, MEMBER): False}, standing=Standing(frozenset(), (), True))
    assert not may({}, standing=Standing(frozenset(), (), uses_commands=False))


def test_discords_answer() -> None:
    """The list has an entry for each command with rules, and one under the application's id."""
    answer = [
        {"id": str(COMMAND), "permissions": [{"id": "1", "type": 2, "permission": False}]},
        {"id": str(APPLICATION), "permissions": [{"id": "4", "type": 3, "permission": True}]},
    ]
    rules = CommandRules.from_json(GUILD, COMMAND, APPLICATION, answer)
    assert rules == CommandRules(
        GUILD, {(Target.USER, MEMBER): False}, {(Target.CHANNEL, CHANNEL): True}
    )
