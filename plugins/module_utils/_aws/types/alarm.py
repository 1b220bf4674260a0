# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A CloudWatch alarm on a metric, or on an expression over several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._converge.fields import flag, group, many, number, text
from ..._converge.provider import UNKNOWN, Desired
from ..alarms import COMMON, AlarmType

DIMENSIONS = many(
    group(
        {
            "name": text("Its name, such as LoadBalancer.", required=True),
            "value": text("Its value.", required=True),
        },
        "One dimension.",
    ),
    "Which of the metrics of that name is meant.",
    order="key",
    key="name",
)
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
PERIOD = number("Seconds that make one data point: 10, 20, 30 or a multiple of 60.")
UNIT = text("Take only data points in this unit.")
METRIC = group(
    {
        "namespace": text("Such as AWS/ApplicationELB.", required=True),
        "metric_name": text("The metric.", required=True),
        "dimensions": DIMENSIONS,
    },
    "The metric.",
    required=True,
)
QUERY = group(
    {
        "id": text("What expressions call it; starts with a-z.", required=True),
        "metric_stat": group(
            {
                "metric": METRIC,
                "period": PERIOD,
                "stat": text("Average, Sum, p99, tm95 and so on.", required=True),
                "unit": UNIT,
            },
            "A metric to take.",
        ),
        "expression": text("A metric math expression, or a Metrics Insights query."),
        "label": text("What graphs call it."),
        "return_data": flag("This is what the threshold is held against."),
        "period": number("Seconds that make one data point of an expression."),
        "account_id": text("The account that has the metric."),
    },
    "A metric or an expression.",
)
# An alarm is on one of the two: switching takes the other's members away.
ONE_METRIC = (
    "MetricName",
    "Namespace",
    "Dimensions",
    "Period",
    "Unit",
    "Statistic",
    "ExtendedStatistic",
)


class Alarm(AlarmType):
    """API: PutMetricAlarm, DescribeAlarms, DeleteAlarms."""

    name = "alarm"
    kind = "MetricAlarm"
    put = ("put_metric_alarm", "PutMetricAlarm")
    uses = ("sns_topic",)
    fields = {
        **COMMON,
        "namespace": text("The metric's namespace, such as AWS/ApplicationELB."),
        "metric_name": text("The metric."),
        "dimensions": DIMENSIONS,
        "statistic": text("How data points are made.", choices=STATISTICS),
        "extended_statistic": text("A percentile or a trimmed mean: p99, tm95."),
        "period": PERIOD,
        "unit": UNIT,
        "metrics": many(
            QUERY,
            "Metrics and expressions over them, in place of one metric; one of them"
            " has return_data.",
            order="key",
            key="id",
        ),
        "evaluation_periods": number("Data points that are looked at.", required=True),
        "datapoints_to_alarm": number("How many of them must be beyond the threshold."),
        "threshold": number("What the statistic is held against."),
        "threshold_metric_id": text(
            "In place of threshold: the ANOMALY_DETECTION_BAND among the metrics."
        ),
        "comparison_operator": text(
            "How it is held against it.",
            required=True,
            choices=(
                "GreaterThanOrEqualToThreshold",
                "GreaterThanThreshold",
                "LessThanThreshold",
                "LessThanOrEqualToThreshold",
                "LessThanLowerOrGreaterThanUpperThreshold",
                "LessThanLowerThreshold",
                "GreaterThanUpperThreshold",
            ),
        ),
        "treat_missing_data": text(
            "What no data means.",
            choices=("breaching", "notBreaching", "ignore", "missing"),
        ),
        "evaluate_low_sample_count_percentile": text(
            "What a percentile of too few samples means.",
            choices=("evaluate", "ignore"),
        ),
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """One metric or several, and one threshold."""
        given = {name for name, value in properties.items() if value is not None}
        wrong = []
        if {"metric_name", "metrics"} <= given or not given & {
            "metric_name",
            "metrics",
        }:
            wrong.append("metric_name or metrics: give one of them")
        if "metric_name" in given:
            wrong.extend(
                f"{name} is missing: an alarm on one metric needs it"
                for name in ("namespace", "period")
                if name not in given
            )
            if len(given & {"statistic", "extended_statistic"}) != 1:
                wrong.append("statistic or extended_statistic: give one of them")
        if len(given & {"threshold", "threshold_metric_id"}) != 1:
            wrong.append("threshold or threshold_metric_id: give one of them")
        wrong.extend(_too_many_points(properties))
        return wrong

    def wanted(self, raw: Mapping[str, Any], desired: Desired) -> dict[str, Any]:
        """Of two that exclude each other the declared one stays."""
        given = {n for n, value in desired.properties.items() if value is not None}
        gone = set(ONE_METRIC if "metrics" in given else ("Metrics",))
        if "statistic" in given:
            gone.add("ExtendedStatistic")
        if "extended_statistic" in given:
            gone.add("Statistic")
        gone.add("ThresholdMetricId" if "threshold" in given else "Threshold")
        left = {name: value for name, value in raw.items() if name not in gone}
        return super().wanted(left, desired)


def _too_many_points(properties: Mapping[str, Any]) -> Sequence[str]:
    points = properties.get("datapoints_to_alarm")
    of = properties.get("evaluation_periods")
    if None in (points, of) or UNKNOWN in (points, of) or points <= of:
        return ()
    return [f"datapoints_to_alarm: {points} of {of} evaluation_periods; lower it"]


TYPE = Alarm
