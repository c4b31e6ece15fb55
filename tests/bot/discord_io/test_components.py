"""Custom ids, which lead a press to its feature after a restart."""

from collections.abc import Mapping

import discord
import pytest

from bot.challenges.button_handlers import HANDLERS as OF_CHALLENGES
from bot.discord_io.components import RoutedComponent, custom_id, look_up, view_of
from bot.errors import OutdatedMessage
from bot.mural.button_handlers import HANDLERS as OF_MURALS
from bot.muralize.button_handlers import HANDLERS as OF_JOBS
from bot.own_paintings.button_handlers import HANDLERS as OF_PAINTINGS


@pytest.mark.parametrize(
    ("written", "feature", "path"),
    [
        (custom_id("challenges", 12, "vote", 3), "challenges", "12/vote/3"),
        (custom_id("privacy", "delete"), "privacy", "delete"),
        ("job:9223372036854775807:timelapse", "job", "9223372036854775807:timelapse"),
    ],
)
def test_custom_ids_name_their_feature(written: str, feature: str, path: str) -> None:
    """The part before the first slash or colon is the feature, the rest is its own."""
    found = RoutedComponent.__discord_ui_compiled_template__.fullmatch(written)
    assert found is not None
    assert (found["feature"], found["path"]) == (feature, path)
    assert len(written) <= 100


@pytest.mark.parametrize("handlers", [OF_CHALLENGES, OF_MURALS, OF_JOBS, OF_PAINTINGS])
def test_an_action_of_another_version_is_told(handlers: Mapping[str, object]) -> None:
    """A press of a button that this version does not have is answered with what to do."""
    assert all(look_up(handlers, action) for action in handlers)
    with pytest.raises(OutdatedMessage, match="Another version of me made this message"):
        look_up(handlers, "newer")


async def test_a_view_has_rows_of_five_and_no_time_out() -> None:
    """Six buttons take two rows; the view works as long as its message is there."""
    buttons = [
        discord.ui.Button[discord.ui.View](label=str(number), custom_id=f"job:{number}:again")
        for number in range(6)
    ]
    view = view_of(*buttons)
    assert view.timeout is None
    rows = view.to_components()
    assert [len(row["components"]) for row in rows] == [5, 1]
    assert rows[1]["components"][0]["custom_id"] == "job:5:again"
