"""When the card of a waiting job is edited."""

import pytest

from bot.muralize.live_cards import has_moved


@pytest.mark.parametrize(
    ("later", "wait", "news"),
    [(0, 600, False), (14, 40, False), (15, 40, True), (-15, 40, True), (100, 600, False),
     (150, 600, True)],
)  # fmt: skip
def test_a_predicted_start_is_news_by_a_quarter_of_the_wait(
    later: float, wait: float, news: bool
) -> None:
    """Discord counts the time down by itself: a start that stays where it was needs no edit."""
    assert has_moved(1000.0, 1000.0 + later, wait) is news
