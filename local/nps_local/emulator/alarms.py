"""Lets MiniStack deploy alarms over a metric expression, which it refuses.

It watches the first metric of the expression instead. That is enough to deploy the template
unchanged: cfn-lint checks the expression, and a local alarm has no subscriber.
"""

from __future__ import annotations

import importlib
from typing import Any


def accept_expressions() -> None:
    """Patch the resource type; call it before the server starts."""
    provisioners: Any = importlib.import_module("ministack.services.cloudformation.provisioners")
    original = provisioners._cw_metric_alarm_record

    def record(name: str, properties: dict[str, Any]) -> Any:
        return original(name, _first_metric(properties))

    provisioners._cw_metric_alarm_record = record


def _first_metric(properties: dict[str, Any]) -> dict[str, Any]:
    statistics = [m["MetricStat"] for m in properties.get("Metrics") or [] if "MetricStat" in m]
    if not statistics:
        return properties
    first = statistics[0]
    rest = {name: value for name, value in properties.items() if name != "Metrics"}
    return {**rest, **first["Metric"], "Period": first["Period"], "Statistic": first["Stat"]}
