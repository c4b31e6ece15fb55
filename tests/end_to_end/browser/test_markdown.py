"""What the page makes of Discord's markdown."""

import pytest

from bot.simulator.model import Channel
from tests.end_to_end.browser.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

CASES = {
    "**bold** *italic* _italic_ __under__ ~~struck~~": (
        "<p><strong>bold</strong> <em>italic</em> <em>italic</em> <u>under</u> <s>struck</s></p>"
    ),
    "***both*** and **_nested_**": (
        "<p><strong><em>both</em></strong> and <strong><em>nested</em></strong></p>"
    ),
    "snake_case_name 2 * 3 * 4": "<p>snake_case_name 2 * 3 * 4</p>",
    r"\*not italic\* № 1": "<p>*not italic* № 1</p>",
    "`a **b**`": '<p><code class="code">a **b**</code></p>',
    "# One\ntext\n-# small": (
        '<p class="heading heading-1">One</p><p>text</p><p class="small-print">small</p>'
    ),
    "> one\n> two\nthree": "<blockquote><p>one\ntwo</p></blockquote><p>three</p>",
    "- a\n- b": "<ul><li>a</li><li>b</li></ul>",
    "```py\nx = 1\n```": '<pre class="code-block" tabindex="0"><code>x = 1</code></pre>',
    "<script>alert(1)</script> <b>": "<p>&lt;script&gt;alert(1)&lt;/script&gt; &lt;b&gt;</p>",
    "[here](javascript:alert(1))": "<p>[here](javascript:alert(1))</p>",
    "@everyone": '<p><span class="mention">@everyone</span></p>',
}


async def test_markdown(stage: Stage, room: Channel) -> None:
    """Each text becomes the elements that Discord shows it with, and never markup of its own."""
    ada = await stage.screen("ada", room)
    made = await ada.page.evaluate(
        """async (texts) => {
            const { markdown } = await import("/page/js/markdown.js");
            return texts.map((text) => markdown(text).innerHTML);
        }""",
        list(CASES),
    )
    assert dict(zip(CASES, made, strict=True)) == CASES


async def test_moments(stage: Stage, room: Channel) -> None:
    """A relative moment counts by itself."""
    ada = await stage.screen("ada", room)
    found = await ada.page.evaluate(
        """async () => {
            const { relative } = await import("/page/js/times.js");
            return [30, 90, -3600, 86400 * 3].map((seconds) => relative(1000 + seconds, 1000_000));
        }"""
    )
    assert found == ["in 30 seconds", "in 2 minutes", "1 hour ago", "in 3 days"]
