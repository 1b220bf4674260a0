# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A patch baseline of Systems Manager: which patches instances get, and when.

Instances find it by their patch group, the tag `PatchGroup`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._converge.fields import flag, group, many, number, text
from ..._converge.provider import Desired, Live
from ..._converge.shape import from_api, to_api
from ..._errors import RunError
from ..ssm import SsmType, refused_name
from ..tags import TAGS, pairs

LEVELS = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNSPECIFIED")
FILTERS = many(
    group(
        {
            "key": text("What is looked at, such as CLASSIFICATION.", required=True),
            "values": many(
                text("Such as Security; * for all."),
                "What it may be.",
                required=True,
                order="set",
            ),
        },
        "A filter.",
    ),
    "Which patches; all filters must fit.",
    order="key",
    key="key",
)
RULE = group(
    {
        "patch_filters": FILTERS,
        "approve_after_days": number("Days after a patch came out."),
        "approve_until_date": text("Or: all that came out until this day."),
        "compliance_level": text("How bad it is to lack one.", choices=LEVELS),
        "enable_non_security": flag("Linux: other than security patches as well."),
    },
    "A rule.",
)
# In the API they are wrapped, each list in a group of its own.
WRAPPED = ("approval_rules", "global_filters")


class PatchBaseline(SsmType):
    """API: CreatePatchBaseline, GetPatchBaseline, UpdatePatchBaseline."""

    name = "patch_baseline"
    tag_type = "PatchBaseline"
    id_key = "BaselineId"
    name_key = "BaselineName"
    uses = ("s3_bucket",)
    fields = {
        "name": text("Its name.", required=True, check=refused_name),
        "operating_system": text(
            "Such as DEBIAN, UBUNTU or AMAZON_LINUX_2023.",
            required=True,
            immutable=True,
        ),
        "description": text("What it is for."),
        "approval_rules": many(RULE, "What is approved by rule.", order="set"),
        "global_filters": FILTERS,
        "approved_patches": many(
            text("A patch."), "What is approved by name.", order="set"
        ),
        "approved_patches_compliance_level": text(
            "How bad it is to lack one of those.", choices=LEVELS
        ),
        "approved_patches_enable_non_security": flag(
            "Linux: those approved by name may be other than security patches."
        ),
        "rejected_patches": many(
            text("A patch."), "What is never installed.", order="set"
        ),
        "rejected_patches_action": text(
            "Whether a rejected patch may come as a dependency.",
            choices=("ALLOW_AS_DEPENDENCY", "BLOCK"),
        ),
        "sources": many(
            group(
                {
                    "name": text("Its name.", required=True),
                    "products": many(
                        text("A release."), "For which.", required=True, order="set"
                    ),
                    "configuration": text(
                        "As in the package manager's file.",
                        required=True,
                        sensitive=True,
                    ),
                },
                "A repository.",
            ),
            "Linux: where else patches come from.",
            order="key",
            key="name",
        ),
        "patch_groups": many(
            text("A patch group."),
            "Whose instances follow it; a group follows one baseline for each system.",
            order="set",
        ),
        "tags": TAGS,
    }
    attributes = {"id": "The baseline's id."}

    def listed(self) -> list[dict[str, Any]]:
        """The account's own; AWS's are left out."""
        return self.aws.pages(
            "ssm",
            "describe_patch_baselines",
            "BaselineIdentities",
            Filters=[{"Key": "OWNER", "Values": ["Self"]}],
        )

    def got(self, summary: Mapping[str, Any], tags: Any, declared: Any) -> Live:
        """One call brings all of it, its patch groups included."""
        id_ = summary["BaselineId"]
        raw = self.aws.client("ssm").get_patch_baseline(BaselineId=id_)
        properties = from_api(
            {k: v for k, v in self.fields.items() if k not in (*WRAPPED, "tags")}, raw
        )
        filters = raw.get("GlobalFilters", {}).get("PatchFilters", ())
        properties["global_filters"] = [_filter(each) for each in filters]
        properties["approval_rules"] = [
            {
                **from_api(RULE.fields, rule),
                "patch_filters": [
                    _filter(each) for each in rule["PatchFilterGroup"]["PatchFilters"]
                ],
            }
            for rule in raw.get("ApprovalRules", {}).get("PatchRules", ())
        ]
        return self.live(id_, properties, tags, raw)

    def make(self, desired: Desired) -> Live:
        """Create it with its tags, then give it its patch groups."""
        tags = self.aws.marks(desired)
        client = self.aws.client("ssm")
        id_ = client.create_patch_baseline(
            OperatingSystem=desired.properties["operating_system"],
            Tags=pairs(tags),
            **self._built(desired.properties),
        )["BaselineId"]
        for name in desired.properties.get("patch_groups") or ():
            self._take_over(id_, name, desired.properties["operating_system"])
        return self.got({"BaselineId": id_}, tags, {})

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Only what changed is sent; patch groups one by one, the new ones first."""
        client = self.aws.client("ssm")
        rest = changed - {"patch_groups"}
        if rest:
            wanted = {name: desired.properties[name] for name in rest}
            emptied = {
                name: [] if self.fields[name].kind == "many" else ""
                for name, value in wanted.items()
                if value is None
            }
            client.update_patch_baseline(
                BaselineId=live.id, **self._built({**wanted, **emptied})
            )
        if "patch_groups" in changed:
            wanted_groups = set(desired.properties["patch_groups"] or ())
            there = set(live.properties.get("patch_groups", ()))
            for name in sorted(wanted_groups - there):
                self._take_over(live.id, name, desired.properties["operating_system"])
            for name in sorted(there - wanted_groups):
                self._leave(live.id, name)

    def remove(self, live: Live) -> None:
        """Leave its patch groups, which it must before it can go."""
        client = self.aws.client("ssm")
        for name in live.properties.get("patch_groups", ()):
            self._leave(live.id, name)
        client.delete_patch_baseline(BaselineId=live.id)

    def _built(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        apart = (*WRAPPED, "tags", "patch_groups", "operating_system")
        given = {name: v for name, v in properties.items() if name not in apart}
        built = to_api(self.fields, given)
        if properties.get("global_filters") is not None:
            filters = map(_api_filter, properties["global_filters"])
            built["GlobalFilters"] = {"PatchFilters": list(filters)}
        if properties.get("approval_rules") is not None:
            rules = map(_api_rule, properties["approval_rules"])
            built["ApprovalRules"] = {"PatchRules": list(rules)}
        return built

    def _take_over(self, id_: str, name: str, system: str) -> None:
        """A patch group follows one baseline: whatever it followed, it leaves."""
        client = self.aws.client("ssm")
        before = client.get_patch_baseline_for_patch_group(
            PatchGroup=name, OperatingSystem=system
        ).get("BaselineId")
        groups = ()
        if before and before != id_:
            groups = client.get_patch_baseline(BaselineId=before).get("PatchGroups", ())
        if name in groups:
            self._not_of_others(before, name)
            self._leave(before, name)
        client.register_patch_baseline_for_patch_group(BaselineId=id_, PatchGroup=name)

    def _not_of_others(self, id_: str, name: str) -> None:
        tags = self._tags(id_)
        if not self.live("", {}, tags).owned:
            raise RunError(
                f"The patch group {name} follows the baseline {id_}, which is not the"
                " stack's: take it away from that first."
            )

    def _leave(self, id_: str, name: str) -> None:
        self.aws.client("ssm").deregister_patch_baseline_for_patch_group(
            BaselineId=id_, PatchGroup=name
        )


def _filter(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {"key": raw["Key"], "values": raw["Values"]}


def _api_filter(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"Key": item["key"], "Values": list(item["values"])}


def _api_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: v for name, v in rule.items() if name != "patch_filters"}
    filters: Sequence[Any] = rule.get("patch_filters") or ()
    group_ = {"PatchFilters": list(map(_api_filter, filters))}
    return {**to_api(RULE.fields, given), "PatchFilterGroup": group_}


TYPE = PatchBaseline
