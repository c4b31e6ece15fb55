"""The rules of blocks and of the log, by properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.moderation.model import HOST, Block, BlockKind
from bot.moderation.rules import CHARACTERS, LINES, batch, check_may_block, found, refusal
from bot.people import OUTSIDE, Member

small = st.integers(1, 3)
blocks = st.builds(
    Block,
    guild_id=st.sampled_from((HOST, 1, 2, 3)),
    kind=st.sampled_from(BlockKind),
    subject_id=small,
    created_at=st.just(0.0),
    until=st.none() | st.integers(1, 10).map(float),
)


@given(st.lists(blocks), st.sampled_from((OUTSIDE, 1, 2, 3)), small, st.integers(0, 12))
def test_a_block_holds_where_it_was_made(
    every: list[Block], guild: int, member: int, now: int
) -> None:
    """The host's hold everywhere, a server's there alone, and none after its end."""
    block = found(every, guild, member, now)
    able = [
        one
        for one in every
        if (one.until is None or now < one.until)
        and (
            (
                one.kind is BlockKind.MEMBER
                and one.subject_id == member
                and one.guild_id in (HOST, guild)
            )
            or (one.kind is BlockKind.SERVER and one.subject_id == guild and one.by_host)
            or (one.kind is BlockKind.SERVER and one.subject_id == guild and one.guild_id == guild)
        )
    ]
    assert (block is None) == (not able)
    if block is not None:
        assert block in able
        assert block.by_host or not any(one.by_host for one in able)


@given(st.lists(st.text("x", max_size=CHARACTERS), max_size=60))
def test_a_log_is_cut_into_messages(lines: list[str]) -> None:
    """Every line is in one message, in order, and no message is too long for Discord."""
    sent: list[str] = []
    while rest := lines[len(sent) :]:
        number = batch(rest)
        assert 1 <= number <= LINES
        assert len("\n".join(rest[:number])) <= CHARACTERS
        sent += rest[:number]
    assert sent == lines
    assert batch([]) == 0


def test_who_may_block_whom() -> None:
    """Moderators block members, managers also moderators, and nobody managers or themselves."""
    member, mod = Member(1, 10), Member(2, 10, moderates=True)
    manager = Member(3, 10, manages=True)
    check_may_block(mod, member)
    check_may_block(manager, mod)
    for actor, target in (
        (member, mod),
        (mod, mod),
        (mod, manager),
        (manager, Member(5, 10, manages=True)),
        (mod, Member(4, 10, moderates=True)),
    ):
        with pytest.raises(Refused):
            check_may_block(actor, target)


def test_a_refusal_names_reason_and_end() -> None:
    """What somebody reads once says who closed the bot, until when, and why."""
    text = refusal(Block(10, BlockKind.MEMBER, 1, 0.0, reason="Spam", until=60.0))
    assert text.startswith(
        "The moderators of this server have closed this bot to you here until <t"
    )
    assert "Reason: Spam." in text
    assert "host of this bot has closed it to this server." in refusal(
        Block(HOST, BlockKind.SERVER, 10, 0.0)
    )
