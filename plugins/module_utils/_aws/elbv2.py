# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What the resources of Elastic Load Balancing v2 have in common.

Everything has an ARN and follows from one noun: `describe_target_groups`,
`TargetGroups`, `TargetGroupArn`, `modify_target_group_attributes`. Lists cannot be
filtered by tag, so tags are read after them, twenty things a call.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from .._converge.fields import Check, Field, flag, group, number, text
from .._converge.provider import Desired, Live, Reading
from .._converge.shape import from_api, to_api
from .base import SHOWS_WITHIN, AwsType
from .calls import settled
from .errors import is_absent
from .tags import pairs, read_tags

TAG_BATCH = 20
NAME_LENGTH = 32


class ElbType(AwsType):
    """A resource of ELBv2 that is described by its noun."""

    service = "elbv2"
    noun: ClassVar[str]
    # Fields that are not parameters of a creation.
    later: ClassVar[Sequence[str]] = ("attributes",)

    def __init__(self, aws: Any) -> None:
        super().__init__(aws)
        self._names: dict[str, str] = {}

    @property
    def words(self) -> str:
        """The noun as it stands in the names of operations."""
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in self.noun)[1:]

    @property
    def arn_key(self) -> str:
        """The parameter that names one such thing."""
        return f"{self.noun}Arn"

    @property
    def client(self) -> Any:
        """The client of ELBv2."""
        return self.aws.client("elbv2")

    # -- reading ----------------------------------------------------------------

    def listed(self, reading: Reading) -> Iterable[Mapping[str, Any]]:
        """Everything of this kind, whoever it belongs to, as the service has it."""
        return self.described()

    def described(self, **parameters: Any) -> list[Mapping[str, Any]]:
        """What one describe call brings, page after page."""
        operation = f"describe_{self.words}s"
        return self.aws.pages("elbv2", operation, f"{self.noun}s", **parameters)

    def find(self, reading: Reading) -> Iterable[Live]:
        """What is ours, and what stands where a declared one wants to be."""
        wanted = {self.identity(d.properties) for d in reading.desired} - {None}
        declared = {d.resource: d.properties for d in reading.desired}
        for live in self.lives(self.listed(reading)):
            if live.owned:
                yield self.complete(live, declared.get(live.resource or "", {}))
            elif self.identity(live.properties) in wanted:
                yield live

    def lives(self, found: Iterable[Mapping[str, Any]]) -> list[Live]:
        """Described things as Lives, with their tags."""
        found = list(found)
        tags = self._tags([raw[self.arn_key] for raw in found])
        return [
            self.seen(raw, tags[raw[self.arn_key]])
            for raw in found
            if raw[self.arn_key] in tags
        ]

    def _tags(self, arns: Sequence[str]) -> dict[str, dict[str, str]]:
        tags: dict[str, dict[str, str]] = {}
        batches = [arns[at : at + TAG_BATCH] for at in range(0, len(arns), TAG_BATCH)]
        for batch in batches:
            try:
                answer = self.client.describe_tags(ResourceArns=batch)
            except Exception as error:
                if not is_absent(error):
                    raise
                # One of them went away since the listing: the others did not.
                if len(batch) > 1:
                    for arn in batch:
                        tags.update(self._tags([arn]))
                continue
            for each in answer["TagDescriptions"]:
                tags[each["ResourceArn"]] = read_tags(each["Tags"])
        return tags

    def seen(self, raw: Mapping[str, Any], tags: Mapping[str, str]) -> Live:
        """One described thing as a Live."""
        arn = raw[self.arn_key]
        return self.live(arn, self.properties(raw), tags, raw, **self.more(raw))

    def properties(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that the description itself holds."""
        properties = from_api(self.fields, raw)
        if f"{self.noun}Name" in raw:
            # A creation calls it `Name`, a description does not.
            properties["name"] = raw[f"{self.noun}Name"]
        return properties

    def more(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Attributes besides `id`: for a start, the ARN."""
        return {"arn": raw[self.arn_key]}

    def complete(self, live: Live, declared: Mapping[str, Any]) -> Live:
        """With what takes a call of its own, where somebody declared it.

        There is no batch call for attributes, hence only where they are declared.
        """
        if not declared.get("attributes"):
            return live
        attributes = self.read_attributes(live.id)
        return replace(live, properties={**live.properties, "attributes": attributes})

    def read_attributes(self, arn: str) -> dict[str, str]:
        """The attributes by AWS's own keys."""
        describe = getattr(self.client, f"describe_{self.words}_attributes")
        answer = describe(**{self.arn_key: arn})
        return {each["Key"]: each.get("Value", "") for each in answer["Attributes"]}

    def fetch(self, live: Live) -> Live:
        """Described again, by its ARN, as completely as it was."""
        found = self.described(**{f"{self.arn_key}s": [live.id]})
        return self.complete(self.lives(found)[0], live.properties)

    # -- writing ----------------------------------------------------------------

    def created(self, desired: Desired, **parameters: Any) -> Mapping[str, Any]:
        """Create it with its marks: what the service answers.

        What a creation names may have been created a moment ago, and be known to
        another part of the service only after one more.
        """
        create = getattr(self.client, f"create_{self.words}")
        tags = pairs(self.aws.marks(desired, named=True))
        answer = self.settled(lambda: create(Tags=tags, **parameters))
        return answer[f"{self.noun}s"][0]

    def parameters(self, desired: Desired) -> dict[str, Any]:
        """The declared fields as parameters of a creation."""
        given = {
            name: value
            for name, value in desired.properties.items()
            if value is not None and name not in (*self.later, "tags")
        }
        return to_api(self.fields, given)

    def settled(self, call: Callable[[], Any]) -> Any:
        """Call again for a moment while AWS does not know what it was just told."""
        return settled(self.aws, call, is_absent, SHOWS_WITHIN)

    def set_attributes(self, arn: str, attributes: Mapping[str, Any]) -> None:
        """Set the attributes that are named; the others stay as they are."""
        modify = getattr(self.client, f"modify_{self.words}_attributes")
        entries = [
            {"Key": key, "Value": spelled(value)} for key, value in attributes.items()
        ]
        self.settled(lambda: modify(**{self.arn_key: arn}, Attributes=entries))

    def remove(self, live: Live) -> None:
        """Delete it as soon as nothing needs it any more."""
        delete = getattr(self.client, f"delete_{self.words}")
        self.once_unused(live, lambda: delete(**{self.arn_key: live.id}))

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """Set and remove tags: one call each."""
        if wanted:
            self.client.add_tags(ResourceArns=[live.id], Tags=pairs(wanted))
        if unwanted:
            self.client.remove_tags(ResourceArns=[live.id], TagKeys=list(unwanted))

    # -- names ------------------------------------------------------------------

    def named(self, desired: Desired) -> str:
        """The declared name, or one of our making.

        Ours ends in something new each time, so that a successor can be made, and
        traffic moved to it, before its predecessor goes. Within one run it stays the
        same: a creation that is sent twice then makes one thing.
        """
        given = desired.properties.get("name")
        if given:
            return given
        if desired.resource not in self._names:
            stem = f"{self.aws.stack}-{desired.resource}"
            stem = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-")
            # AWS keeps this prefix to itself.
            stem = re.sub(r"^internal-", "int-", stem)[: NAME_LENGTH - 7].strip("-")
            self._names[desired.resource] = f"{stem}-{uuid.uuid4().hex[:6]}"
        return self._names[desired.resource]


def spelled(value: Any) -> str:
    """A value as attributes have it: everything is text, and nothing is empty text."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def attributes_field(
    doc: str,
    flags: Sequence[str] = (),
    numbers: Sequence[str] = (),
    texts: Sequence[str] = (),
    **choices: Sequence[str],
) -> Field:
    """A group of attributes under AWS's own keys, all optional.

    choices: for a text with few values, its key with `__` for each dot.
    """
    fields = {key: flag("") for key in flags}
    fields.update({key: number("") for key in numbers})
    fields.update({key: text("") for key in texts})
    for key, allowed in choices.items():
        fields[key.replace("__", ".")] = text("", choices=tuple(allowed))
    return group(dict(sorted(fields.items())), doc, check=_no_empty_switch(fields))


def _no_empty_switch(fields: Mapping[str, Field]) -> Check:
    def check(attributes: Mapping[str, Any]) -> str | None:
        empty = [
            key
            for key, value in attributes.items()
            if value is None and key in fields and fields[key].kind != "text"
        ]
        if empty:
            return f"{', '.join(empty)} always has a value; give the one it should have"
        return None

    return check


def between(low: int, high: int) -> Check:
    """A check that a number is in the range that AWS takes."""
    return lambda value: (
        None if low <= value <= high else f"is {value}; AWS takes {low} to {high}"
    )


def name_check(name: str) -> str | None:
    """What AWS says of the names of load balancers and target groups."""
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?", name):
        return (
            f"is {name!r}; use 1 to 32 letters, digits and hyphens, with no hyphen at"
            " either end"
        )
    if name.startswith("internal-"):
        return f"is {name!r}; AWS keeps names that start with internal- to itself"
    return None


NAME = text(
    "Its name, unique in the account and region: up to 32 letters, digits and hyphens."
    " Left out, it is made of the stack's and the resource's name and an ending that is"
    " new each time, so that a replacement can stand beside its predecessor.",
    immutable=True,
    check=name_check,
)
