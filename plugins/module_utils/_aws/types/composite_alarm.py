# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A CloudWatch alarm on other alarms."""

from __future__ import annotations

from ..._converge.fields import number, text
from ..alarms import COMMON, AlarmType


class CompositeAlarm(AlarmType):
    """API: PutCompositeAlarm, DescribeAlarms, DeleteAlarms."""

    name = "composite_alarm"
    kind = "CompositeAlarm"
    put = ("put_composite_alarm", "PutCompositeAlarm")
    uses = ("alarm", "sns_topic")
    fields = {
        **COMMON,
        "alarm_rule": text(
            'When it goes off, such as ALARM("slow") AND NOT ALARM("deploying").',
            required=True,
        ),
        "actions_suppressor": text(
            "An alarm that keeps this one quiet while it is on."
        ),
        "actions_suppressor_wait_period": number("Seconds to wait for the suppressor."),
        "actions_suppressor_extension_period": number(
            "Seconds to stay quiet after the suppressor is off."
        ),
    }


TYPE = CompositeAlarm
