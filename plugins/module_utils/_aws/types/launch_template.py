# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A launch template: what the instances of a group are, in numbered versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..._converge.fields import flag, group, number, text
from ..._converge.provider import Desired, Live, Reading
from ..ec2 import Ec2Type
from ..errors import is_absent
from ..fitting import fitting
from ..launch_data import DATA, seen_data, sent_data
from ..tags import TAGS

NAME = re.compile(r"[A-Za-z0-9()./_-]{3,128}")
KEPT = 10
# The largest page that DescribeLaunchTemplateVersions gives.
PAGE = 200


def _wrong_name(name: str) -> str | None:
    if NAME.fullmatch(name):
        return None
    return "takes 3 to 128 letters, digits and any of ().-/_"


def _negative(count: float) -> str | None:
    return "is 0 or more" if count < 0 else None


class LaunchTemplate(Ec2Type):
    """API: CreateLaunchTemplate, CreateLaunchTemplateVersion, ModifyLaunchTemplate.

    A version never changes: a change makes a new one, from the last one and what is
    declared. Groups that name `${template.latest_version}` follow it.
    """

    name = "launch_template"
    noun = "LaunchTemplate"
    tag_type = "launch-template"
    uses = ("iam_instance_profile", "security_group", "subnet")
    unique = ("launch_template_name",)
    volatile = ("latest_version", "default_version")
    fields = {
        "launch_template_name": text(
            "Its name.", required=True, immutable=True, check=_wrong_name
        ),
        "launch_template_data": group(DATA, "What an instance is.", required=True),
        "version_description": text("What is new in the latest version."),
        "update_default_version": flag(
            "Make each new version the default one. Left out, the default is left"
            " alone.",
            choices=(True,),
        ),
        "keep_versions": number(
            f"How many versions besides the latest and the default one are kept when a"
            f" new one is made; {KEPT} where it is left out.",
            write_only=True,
            check=_negative,
        ),
        "tags": TAGS,
    }
    attributes = {
        "id": "The template's id.",
        "latest_version": "The number of the newest version.",
        "default_version": "The number of the version that is used by default.",
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """What EC2 takes only one of."""
        data = properties.get("launch_template_data")
        if not isinstance(data, Mapping):
            return ()
        said = []
        for one, other in (
            ("instance_type", "instance_requirements"),
            ("security_group_ids", "network_interfaces"),
        ):
            if data.get(one) and data.get(other):
                said.append(f"launch_template_data: {one} or {other}, not both")
        return said

    def find(self, reading: Reading) -> Iterable[Live]:
        """The templates by the stack's tag; the newest version of all in one call."""
        return self._with_versions(list(super().find(reading)))

    def strangers(self, missing: Sequence[Desired], reading: Reading) -> Iterable[Live]:
        """Templates of others with a declared name."""
        names = [desired.properties["launch_template_name"] for desired in missing]
        return self.described(
            Filters=[{"Name": "launch-template-name", "Values": names}]
        )

    def more(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Its versions."""
        return {
            "latest_version": raw.get("LatestVersionNumber"),
            "default_version": raw.get("DefaultVersionNumber"),
        }

    def fetch(self, live: Live) -> Live:
        """With its newest version."""
        return self._with_versions([super().fetch(live)])[0]

    def _with_versions(self, lives: list[Live]) -> list[Live]:
        if not lives:
            return []
        # An account may have thousands of templates: for a single one, ask for it.
        only = {"LaunchTemplateId": lives[0].id} if len(lives) == 1 else {}
        versions = self.aws.pages(
            "ec2",
            "describe_launch_template_versions",
            "LaunchTemplateVersions",
            Versions=["$Latest"],
            MaxResults=PAGE,
            **only,
        )
        newest = {version["LaunchTemplateId"]: version for version in versions}
        return [
            _with_version(live, newest[live.id]) for live in lives if live.id in newest
        ]

    def make(self, desired: Desired) -> Live:
        """Its first version comes with it, and is the default one."""
        want = desired.properties
        created = self.aws.client("ec2").create_launch_template(
            LaunchTemplateName=want["launch_template_name"],
            LaunchTemplateData=self._data({}, want["launch_template_data"]),
            **_described(want),
            TagSpecifications=self.specification(desired),
        )
        live = self.ready(created["LaunchTemplate"]["LaunchTemplateId"])
        return self._with_versions([live])[0]

    def _data(
        self, raw: Mapping[str, Any], declared: Mapping[str, Any]
    ) -> dict[str, Any]:
        model = self.aws.client("ec2").meta.service_model
        shape = model.shape_for("RequestLaunchTemplateData")
        return fitting(shape, sent_data(raw, declared))

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """A new version; then the default one, then old ones go."""
        want = desired.properties
        if changed & {"launch_template_data", "version_description"}:
            made = self.aws.client("ec2").create_launch_template_version(
                LaunchTemplateId=live.id,
                LaunchTemplateData=self._data(live.raw, want["launch_template_data"]),
                **_described(want),
            )
            number_ = made["LaunchTemplateVersion"]["VersionNumber"]
            live = self.aws.wait(
                f"version {number_} of launch template {live.id} to show",
                lambda: self._shown(live, number_),
            )
        if want.get("update_default_version"):
            self.aws.client("ec2").modify_launch_template(
                LaunchTemplateId=live.id,
                DefaultVersion=str(live.attributes["latest_version"]),
            )
        self._drop_old(live, want.get("keep_versions"))

    def _shown(self, live: Live, number_: int) -> Live | None:
        found = self.fetch(live)
        return found if found.attributes["latest_version"] >= number_ else None

    def _drop_old(self, live: Live, keep: float | None) -> None:
        """Instances keep running without their version; the last ones stay, so that
        a group can be put back."""
        if live.attributes["latest_version"] <= 1 + (KEPT if keep is None else keep):
            return
        versions = self.aws.pages(
            "ec2",
            "describe_launch_template_versions",
            "LaunchTemplateVersions",
            LaunchTemplateId=live.id,
            MaxResults=PAGE,
        )
        old = sorted(
            (
                version["VersionNumber"]
                for version in versions
                if not version.get("DefaultVersion")
                and version["VersionNumber"] < live.attributes["latest_version"]
            ),
            reverse=True,
        )
        dropped = [str(one) for one in old[int(KEPT if keep is None else keep) :]]
        for start in range(0, len(dropped), PAGE):
            self.aws.client("ec2").delete_launch_template_versions(
                LaunchTemplateId=live.id, Versions=dropped[start : start + PAGE]
            )

    def remove(self, live: Live) -> None:
        """With all of its versions."""
        try:
            self.aws.client("ec2").delete_launch_template(LaunchTemplateId=live.id)
        except Exception as error:
            if not is_absent(error):
                raise


def _described(want: Mapping[str, Any]) -> dict[str, str]:
    description = want.get("version_description")
    return {"VersionDescription": description} if description else {}


def _with_version(live: Live, version: Mapping[str, Any]) -> Live:
    """The template as its newest version has it."""
    is_default = live.attributes["default_version"] == version["VersionNumber"]
    properties = {
        **live.properties,
        "launch_template_data": seen_data(version["LaunchTemplateData"]),
        "version_description": version.get("VersionDescription"),
        "update_default_version": is_default,
    }
    attributes = {**live.attributes, "latest_version": version["VersionNumber"]}
    return replace(
        live,
        properties=properties,
        attributes=attributes,
        raw=version["LaunchTemplateData"],
    )


TYPE = LaunchTemplate
