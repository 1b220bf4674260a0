# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A parameter in Systems Manager's Parameter Store."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import document, text
from ..._converge.provider import Desired, Live, Reading
from ..._converge.shape import from_api, to_api
from ..base import AwsType
from ..errors import code, is_absent
from ..tags import STACK, TAGS, pairs, read_tags, retag

# How many names GetParameters takes, and a filter by name.
BATCH = 10
NAMES = 50
# The largest page of DescribeParameters, which gives a fifth of it by default.
PAGE = 50
_NAME = re.compile(r"(/[A-Za-z0-9_.-]+)+|[A-Za-z0-9_.-]+")


def _refused(name: str) -> str | None:
    words = name.strip("/").lower()
    if not _NAME.fullmatch(name) or len(name) > 1011 or name.count("/") > 15:
        return (
            f"is {name!r}; AWS takes letters, digits, dots, underscores and hyphens,"
            " in at most 15 levels that each start with a slash"
        )
    if words.startswith(("aws", "ssm")):
        return f"is {name!r}; names that start with aws or ssm are AWS's own"
    return None


class SsmParameter(AwsType):
    """API: PutParameter, DescribeParameters, GetParameters, DeleteParameter.

    DescribeParameters filters by tags, but shows none. A parameter of the stack with a
    declared name is therefore the declared one, whatever its other mark says. Which
    ones have their declared tags is asked once for all that declare the same; only
    the tags of others are read, one call each, and of what its mark alone can tell.
    """

    name = "ssm_parameter"
    service = "ssm"
    unique = ("name",)
    volatile = ("version",)
    fields = {
        "name": text(
            "Its name, such as /portal/mail/host.",
            required=True,
            immutable=True,
            check=_refused,
        ),
        "parameter_type": text(
            "StringList has its entries separated by commas.",
            required=True,
            immutable=True,
            choices=("String", "StringList", "SecureString"),
            api="Type",
        ),
        "value": text("Its value; never shown.", required=True, sensitive=True),
        "description": text("What it is for."),
        "key_id": text("The KMS key that encrypts a SecureString."),
        "tier": text(
            "Advanced takes values over 4 KiB and costs; it cannot go back.",
            choices=("Standard", "Advanced"),
        ),
        "allowed_pattern": text("What values must match."),
        "data_type": text(
            "Have AWS check the value, for example as the id of an image.",
            choices=("text", "aws:ec2:image", "aws:ssm:integration"),
            immutable=True,
        ),
        "policies": document("When it expires, and who is told (advanced tier)."),
        "tags": TAGS,
    }
    attributes = {
        "id": "Its name.",
        "arn": "Its ARN.",
        "version": "The number of its value.",
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """What goes with which type."""
        kind = properties.get("parameter_type")
        if properties.get("key_id") is not None and kind in ("String", "StringList"):
            return [f"key_id: a {kind} is not encrypted; use SecureString"]
        if properties.get("policies") is not None and properties.get("tier") in (
            None,
            "Standard",
        ):
            return ["policies: take tier: Advanced"]
        return ()

    # -- reading ----------------------------------------------------------------

    def find(self, reading: Reading) -> Iterable[Live]:
        """One paged list by the mark; values ten at a time, of declared ones only."""
        mine = self._described([_tagged(STACK, self.aws.stack)])
        by_name = {desired.properties["name"]: desired for desired in reading.desired}
        missing = set(by_name) - {raw["Name"] for raw in mine}
        values = self._values([r["Name"] for r in mine if r["Name"] in by_name])
        as_declared = self._with_declared_tags(reading.desired) if mine else set()
        for raw in mine:
            desired = by_name.get(raw["Name"])
            if desired is None:
                if missing or reading.everything:
                    yield self._seen(raw, self._tags(raw["Name"]))
                continue
            tags: Mapping[str, str] = self.aws.marks(desired)
            if "tags" in desired.properties and raw["Name"] not in as_declared:
                # The mark of another name of ours is no reason to make it anew.
                tags = {**self._tags(raw["Name"]), **_only_marks(tags)}
            yield self._seen(raw, tags, values.get(raw["Name"]))

    def strangers(self, missing: Sequence[Desired], reading: Reading) -> Iterable[Live]:
        """By name."""
        names = [desired.properties["name"] for desired in missing]
        for start in range(0, len(names), NAMES):
            some = names[start : start + NAMES]
            by_name = {"Key": "Name", "Option": "Equals", "Values": some}
            for raw in self._described([by_name]):
                yield self._seen(raw, self._tags(raw["Name"]))

    def _with_declared_tags(self, declared: Sequence[Desired]) -> set[str]:
        """Names of parameters whose tags are as declared, where one call tells several.

        A tag that is to be absent cannot be asked for.
        """
        alike: dict[tuple[tuple[str, str], ...], set[str]] = {}
        for desired in declared:
            tags = desired.properties.get("tags") or {}
            if tags and all(isinstance(value, str) for value in tags.values()):
                asked = tuple(sorted(tags.items()))
                alike.setdefault(asked, set()).add(desired.properties["name"])
        names: set[str] = set()
        for asked, wanting in alike.items():
            if len(wanting) > 1:
                mine = _tagged(STACK, self.aws.stack)
                found = self._described([mine, *(_tagged(*tag) for tag in asked)])
                names |= wanting & {raw["Name"] for raw in found}
        return names

    def _described(self, filters: Sequence[Mapping[str, Any]]) -> list[Any]:
        return self.aws.pages(
            "ssm",
            "describe_parameters",
            "Parameters",
            ParameterFilters=filters,
            MaxResults=PAGE,
        )

    def _values(self, names: Sequence[str]) -> dict[str, str]:
        values = {}
        for start in range(0, len(names), BATCH):
            answer = self.aws.client("ssm").get_parameters(
                Names=names[start : start + BATCH], WithDecryption=True
            )
            values.update({p["Name"]: p["Value"] for p in answer["Parameters"]})
        return values

    def _tags(self, name: str) -> dict[str, str]:
        try:
            answer = self.aws.client("ssm").list_tags_for_resource(
                ResourceType="Parameter", ResourceId=name
            )
        except Exception as error:
            # Deleted since it was listed.
            if "InvalidResourceId" in str(error) or is_absent(error):
                return {}
            raise
        return read_tags(answer["TagList"])

    def _seen(
        self, raw: Mapping[str, Any], tags: Any, value: str | None = None
    ) -> Live:
        shown = from_api(self.fields, raw)
        if value is not None:
            shown["value"] = value
        inline = raw.get("Policies") or ()
        shown["policies"] = [each["PolicyText"] for each in inline]
        return self.live(
            raw["Name"],
            shown,
            tags,
            raw,
            arn=raw.get("ARN"),
            version=raw.get("Version"),
        )

    def fetch(self, live: Live) -> Live:
        """Described again: with its tags, without its value."""
        by_name = {"Key": "Name", "Option": "Equals", "Values": [live.id]}

        def look() -> Live | None:
            found = self._described([by_name])
            return self._seen(found[0], self._tags(live.id)) if found else None

        return self.aws.wait(f"parameter {live.id} to be known", look)

    # -- writing ----------------------------------------------------------------

    def make(self, desired: Desired) -> Live:
        """One call, with its tags; refused by AWS if the name is taken by then."""
        parameters = self._parameters(desired.properties)
        marks = self.aws.marks(desired)
        try:
            self.aws.client("ssm").put_parameter(**parameters, Tags=pairs(marks))
        except Exception as error:
            # botocore puts a parameter again where the first answer was lost.
            if code(error) != "ParameterAlreadyExists":
                raise
            there = self.fetch(self.live(desired.properties["name"], {}))
            if not there.owned or there.resource != desired.resource:
                raise
            return there
        return self.fetch(self.live(desired.properties["name"], {}))

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """AWS takes the whole parameter: what is not declared is sent as it is."""
        kept = ("description", "key_id", "tier", "allowed_pattern", "data_type")
        there = {k: live.properties[k] for k in kept if live.properties.get(k)}
        parameters = self._parameters({**there, **desired.properties})
        for name in ("description", "allowed_pattern"):
            if name in changed and desired.properties[name] is None:
                parameters["Description" if name[0] == "d" else "AllowedPattern"] = ""
        self.aws.client("ssm").put_parameter(**parameters, Overwrite=True)

    def _parameters(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        given = {k: v for k, v in properties.items() if k != "tags"}
        return to_api(self.fields, given)

    def remove(self, live: Live) -> None:
        """At once."""
        self.aws.client("ssm").delete_parameter(Name=live.id)

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """By name."""
        which = {"ResourceType": "Parameter", "ResourceId": live.id}
        retag(self.aws.client("ssm"), wanted, unwanted, **which)


def _tagged(name: str, value: str) -> dict[str, Any]:
    """The filter for one tag."""
    return {"Key": f"tag:{name}", "Option": "Equals", "Values": [value]}


def _only_marks(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in tags.items() if name.startswith("vigie:")}


TYPE = SsmParameter
