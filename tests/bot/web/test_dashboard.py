"""The Grafana dashboard and the numbers that it draws."""

import json
import re
from pathlib import Path

from prometheus_client.core import Metric

from bot.executors.local import LocalExecutor
from bot.web.metrics import Metrics

DASHBOARD = Path(__file__).parents[3] / "grafana" / "muralscape.json"


def exported() -> set[str]:
    """Name every series that /metrics may have."""
    described: list[Metric] = []
    metrics = Metrics("https://discord.com/api/v10")
    metrics.count_painters(LocalExecutor([]))
    for collector in metrics.registry._collector_to_names:
        describe = getattr(collector, "describe", collector.collect)
        described += describe()
    endings = {
        "counter": ["_total"],
        "gauge": [""],
        "histogram": ["_bucket", "_sum", "_count"],
    }
    return {metric.name + end for metric in described for end in endings[metric.type]}


def test_the_dashboard_and_the_metrics_agree() -> None:
    """Every panel draws series that exist, and every series of ours is drawn."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    drawn = set(re.findall(r"\b(?:muralscape|process)_\w+", " ".join(queries)))
    assert drawn <= exported()
    families = {re.sub("_(bucket|sum|count)$", "", name) for name in exported()}
    ours = {name for name in families if name.startswith("muralscape_")}
    assert {re.sub("_(bucket|sum|count)$", "", name) for name in drawn} >= ours


def test_panels_do_not_overlap() -> None:
    """The panels lie side by side on Grafana's 24 columns."""
    cells: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in cells, panel["title"]
                cells.add((x, y))
