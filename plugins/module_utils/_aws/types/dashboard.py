# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A CloudWatch dashboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..._converge.fields import document, text
from ..._converge.provider import Desired, Live, Reading
from ..._errors import RunError
from ..indexed import CloudWatchType
from ..tagged import one_by_one, with_tags
from ..tags import TAGS, pairs


def _check_name(name: str) -> str | None:
    if re.fullmatch(r"[\w-]{1,255}", name, re.ASCII):
        return None
    return "takes 1 to 255 of a-z, A-Z, 0-9, - and _"


class Dashboard(CloudWatchType):
    """API: PutDashboard, GetDashboard, ListDashboards, DeleteDashboards.

    Dashboards belong to the account, not to a region, so that the index of tags of
    the region does not know them; there are few, and their tags are asked for.
    """

    name = "dashboard"
    unique = ("dashboard_name",)
    fields = {
        "dashboard_name": text(
            "Its name in the account.",
            required=True,
            immutable=True,
            check=_check_name,
        ),
        "dashboard_body": document(
            "Its widgets, as the console shows them as source.", required=True
        ),
        "tags": TAGS,
    }
    attributes = {"id": "Its ARN.", "arn": "Its ARN."}

    def find(self, reading: Reading) -> Iterable[Live]:
        """A call for the tags of those that may be ours, one for each of our bodies."""
        names = {d.properties.get("dashboard_name") for d in reading.desired}
        listed = self.aws.pages("cloudwatch", "list_dashboards", "DashboardEntries")
        for raw, tags in with_tags(
            listed,
            one_by_one(lambda each: self.tags_of(each["DashboardArn"])),
            lambda each: each["DashboardName"] in names,
            self.aws.stack,
            reading,
        ):
            live = self.seen(raw, tags)
            yield self._with_body(live) if live.owned else live

    def arn(self, raw: Mapping[str, Any]) -> str:
        """Its ARN."""
        return raw["DashboardArn"]

    def properties(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Its name, and its body where it was read."""
        shown = {"dashboard_name": raw["DashboardName"]}
        if "DashboardBody" in raw:
            shown["dashboard_body"] = raw["DashboardBody"]
        return shown

    def make(self, desired: Desired) -> Live:
        """Put it with its tags; those are taken only while it does not exist."""
        self._put(desired, Tags=pairs(self.aws.marks(desired)))
        return self.named(desired.properties["dashboard_name"])

    def named(self, name: str) -> Live:
        """GetDashboard."""
        raw = self.aws.client("cloudwatch").get_dashboard(DashboardName=name)
        return self.seen(raw, self.tags_of(self.arn(raw)))

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Put it again."""
        self._put(desired)

    def remove(self, live: Live) -> None:
        """DeleteDashboards."""
        name = live.properties["dashboard_name"]
        self.aws.client("cloudwatch").delete_dashboards(DashboardNames=[name])

    def _with_body(self, live: Live) -> Live:
        name = live.properties["dashboard_name"]
        raw = self.aws.client("cloudwatch").get_dashboard(DashboardName=name)
        return replace(
            live, properties={**live.properties, **self.properties(raw)}, raw=raw
        )

    def _put(self, desired: Desired, **more: Any) -> None:
        body = desired.properties["dashboard_body"]
        name = desired.properties["dashboard_name"]
        answer = self.aws.client("cloudwatch").put_dashboard(
            DashboardName=name,
            DashboardBody=body if isinstance(body, str) else json.dumps(body),
            **more,
        )
        for said in answer.get("DashboardValidationMessages") or ():
            # AWS has put it all the same; a widget would not show.
            raise RunError(
                f"Dashboard {name} has a widget that cannot be shown:"
                f" {said.get('DataPath')}: {said.get('Message')}. Correct it there."
            )


TYPE = Dashboard
