# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Anything else AWS has: types of CloudFormation, through the Cloud Control API.

`type: AWS::SQS::Queue` takes CloudFormation's own property names. What the type is
like (which property tags it, identifies it, is read-only, never changes) is read
from its schema in CloudFormation's registry.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .._converge.fields import Field, anything, flag, group, many, number, text
from .._converge.provider import UNKNOWN, Desired, Live, Reading
from .._errors import RunError
from .base import Aws, AwsType
from .errors import code, explain, is_absent
from .tags import RESOURCE, STACK, read_tags

# What a service answers that has no registry of types (the emulators).
UNSUPPORTED = ("InvalidAction", "UnknownOperation", "NotImplemented", "InternalFailure")
# More reads at once run into Cloud Control's request quota.
AT_ONCE = 4


class Schema:
    """What the registry says of a type; properties are named without their path."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.known = bool(document)
        self.properties: Mapping[str, Any] = document.get("properties") or {}
        self._definitions = document.get("definitions") or {}
        self.required = tuple(document.get("required") or ())
        self.identifier = _names(document, "primaryIdentifier")
        self.read_only = frozenset(_names(document, "readOnlyProperties"))
        self.create_only = frozenset(_names(document, "createOnlyProperties"))
        self.write_only = frozenset(_names(document, "writeOnlyProperties"))
        tagging = document.get("tagging") or {}
        named = str(tagging.get("tagProperty") or "/properties/Tags")
        self.tags = named.rpartition("/")[2]
        # Without a schema it is assumed, as nearly every type is taggable.
        self.taggable = bool(tagging.get("taggable", not self.known)) or (
            "tagging" not in document and self.tags in self.properties
        )
        listed = self.properties.get(self.tags) or {}
        self.tags_are_pairs = self.resolved(listed).get("type", "array") == "array"

    def resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a node refers to, or the node."""
        reference = str(node.get("$ref") or "")
        if reference.startswith("#/definitions/"):
            return self._definitions.get(reference.rpartition("/")[2]) or {}
        return node


def _names(document: Mapping[str, Any], key: str) -> list[str]:
    """Those that are whole properties: `/properties/A/B` says nothing of A."""
    paths = [str(path).split("/") for path in document.get(key) or ()]
    return [path[2] for path in paths if len(path) == 3]


KINDS = {"string": text, "integer": number, "number": number, "boolean": flag}
# Types may refer to themselves; below this their properties are compared as they are.
DEEPEST = 6


class Properties(Mapping[str, Field]):
    """The fields of a type as its schema has them; any at all where there is none.

    Looking up a name is what asks for the schema, so that nothing is asked for types
    that no declaration uses.
    """

    def __init__(self, type_: CloudControlType) -> None:
        self._type = type_

    def __getitem__(self, name: str) -> Field:
        if name not in self:
            raise KeyError(name)
        schema = self._type.schema
        more = {
            "immutable": name in schema.create_only,
            "write_only": name in schema.write_only,
        }
        if name == schema.tags and schema.taggable:
            return anything("Tags.", normal=_in_order, **more)
        return _field(schema, schema.properties.get(name) or {}, 0, **more)

    def __contains__(self, name: object) -> bool:
        schema = self._type.schema
        if schema.properties:
            return name in schema.properties and name not in schema.read_only
        # All of CloudFormation's names start with a capital.
        return isinstance(name, str) and name[:1].isupper()

    def __iter__(self) -> Iterator[str]:
        schema = self._type.schema
        return (name for name in schema.properties if name not in schema.read_only)

    def __len__(self) -> int:
        return sum(1 for _name in self)


def _field(schema: Schema, node: Mapping[str, Any], depth: int, **more: Any) -> Field:
    """A JSON Schema's node as a field, so that nested defaults are no differences."""
    node = schema.resolved(node)
    doc = str(node.get("description") or "")
    kind, inner = node.get("type"), node.get("properties")
    if depth < DEEPEST and isinstance(inner, Mapping):
        return group(
            {name: _field(schema, each, depth + 1) for name, each in inner.items()},
            doc,
            **more,
        )
    if depth < DEEPEST and kind == "array":
        order = "list" if node.get("insertionOrder", True) else "set"
        item = _field(schema, node.get("items") or {}, depth + 1)
        return many(item, doc, order=order, **more)
    if isinstance(kind, str) and kind in KINDS:
        return KINDS[kind](doc, **more)
    return anything(doc, **more)


class Attributes(Mapping[str, str]):
    """What the service sets; without a schema, whatever it gives back."""

    def __init__(self, type_: CloudControlType) -> None:
        self._type = type_

    def __getitem__(self, name: str) -> str:
        if name not in self:
            raise KeyError(name)
        return "The primary identifier." if name == "id" else "Set by the service."

    def __contains__(self, name: object) -> bool:
        schema = self._type.schema
        return name == "id" or not schema.properties or name in schema.read_only

    def __iter__(self) -> Iterator[str]:
        yield "id"
        yield from sorted(self._type.schema.read_only - {"id"})

    def __len__(self) -> int:
        return sum(1 for _name in self)


class CloudControlType(AwsType):
    """API: CreateResource, GetResource, ListResources, UpdateResource and the rest."""

    service = "cloudcontrol"

    def __init__(self, aws: Aws, name: str, uses: Sequence[str]) -> None:
        super().__init__(aws)
        # It may refer to anything, so that it is deleted before anything else.
        self.uses = uses  # type: ignore[misc]
        self.name = name  # type: ignore[misc]
        self.fields = Properties(self)  # type: ignore[misc]
        self.attributes = Attributes(self)  # type: ignore[misc]
        self._schema: Schema | None = None
        self._asking = threading.Lock()

    @property
    def schema(self) -> Schema:
        """DescribeType, once."""
        with self._asking:
            if self._schema is None:
                self._schema = self._ask()
            return self._schema

    @property
    def markable(self) -> bool:  # type: ignore[override]
        """Whether CloudFormation tags it."""
        return self.schema.taggable

    def identity(self, properties: Mapping[str, Any]) -> str | None:
        """The primary identifier, where it is declared."""
        values = [properties.get(name) for name in self.schema.identifier]
        if not values or any(value is None or value is UNKNOWN for value in values):
            return None
        return "|".join(str(value) for value in values)

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """What the schema demands, and that the thing can be found again."""
        schema = self.schema
        wrong = [
            f"{name} is missing: {self.name} needs it"
            for name in schema.required
            if properties.get(name) is None and name not in schema.read_only
        ]
        lost = [name for name in schema.identifier if properties.get(name) is None]
        if lost and not schema.taggable:
            wrong.append(
                f"{' and '.join(lost)} tells such things apart and is not declared, and"
                f" {self.name} has no tags: it could not be found again; declare it"
                " where the service does not set it, else leave the type to"
                " CloudFormation"
            )
        return wrong

    def find(self, reading: Reading) -> Iterable[Live]:
        """Each thing takes a call: Cloud Control can neither filter nor read several.

        A declared identifier is read straight away; only what is still missing, or
        wanted as a whole, makes us look at everything of the type in the region.
        """
        names = {d.resource: self.identity(d.properties) for d in reading.desired}
        found = self._read(set(names.values()) - {None})
        yield from found
        here = {live.resource for live in found}
        if reading.everything or names.keys() - here:
            seen = {live.id for live in found}
            listed = self._listed()
            yield from self._read([id_ for id_ in listed if id_ not in seen])

    def make(self, desired: Desired) -> Live:
        """Create it and wait for the end of the request."""
        state = {k: v for k, v in desired.properties.items() if v is not None}
        if self.markable:
            marks = {STACK: self.aws.stack, RESOURCE: desired.resource}
            tags = {**read_tags(state.get(self.schema.tags)), **marks}
            state[self.schema.tags] = self._tags(tags)
        answer = self.aws.client("cloudcontrol").create_resource(
            TypeName=self.name, DesiredState=json.dumps(state)
        )
        event = self._finished(answer["ProgressEvent"])
        [live] = self.aws.wait(
            f"{self.name} {event['Identifier']} to show",
            lambda: self._read([event["Identifier"]]),
        )
        return live

    def update(self, live: Live, desired: Desired, changes: Sequence[Any]) -> Live:
        """Properties are replaced as a whole; write-only ones are sent along.

        Cloud Control forgets what is write-only between calls, so a change without
        it would take it away.
        """
        touched = {
            change.path.partition(".")[0].partition("[")[0] for change in changes
        }
        touched |= self.schema.write_only & desired.properties.keys()
        patch = [self._step(live, desired, name) for name in sorted(touched)]
        try:
            answer = self.aws.client("cloudcontrol").update_resource(
                TypeName=self.name, Identifier=live.id, PatchDocument=json.dumps(patch)
            )
            self._finished(answer["ProgressEvent"])
            return self.fetch(live)
        except Exception as error:
            raise explain(error) from error

    def fetch(self, live: Live) -> Live:
        """GetResource."""
        [now] = self._read([live.id])
        return now

    def remove(self, live: Live) -> None:
        """Delete it and wait for the end of the request."""
        answer = self.aws.client("cloudcontrol").delete_resource(
            TypeName=self.name, Identifier=live.id
        )
        self._finished(answer["ProgressEvent"])

    # -- the schema -------------------------------------------------------------

    def _ask(self) -> Schema:
        try:
            answer = self.aws.client("cloudformation").describe_type(
                Type="RESOURCE", TypeName=self.name
            )
        except Exception as error:
            if code(error) == "TypeNotFoundException":
                raise RunError(
                    f"{self.name} is no type of CloudFormation in this region; its"
                    " names are in AWS's resource and property types reference."
                ) from error
            if code(error) in UNSUPPORTED:
                return Schema({})
            raise explain(error) from error
        return Schema(json.loads(answer.get("Schema") or "{}"))

    # -- reading ----------------------------------------------------------------

    def _listed(self) -> list[str]:
        try:
            found = self.aws.pages(
                "cloudcontrol",
                "list_resources",
                "ResourceDescriptions",
                TypeName=self.name,
            )
        except Exception as error:
            if code(error) in ("UnsupportedActionException", "InvalidRequestException"):
                # Some types cannot be listed, or only within another resource: what
                # is declared with its identifier is found all the same.
                return []
            raise
        return [each["Identifier"] for each in found]

    def _read(self, identifiers: Iterable[str | None]) -> list[Live]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return [live for live in pool.map(self._one, identifiers) if live]

    def _one(self, identifier: str) -> Live | None:
        try:
            answer = self.aws.client("cloudcontrol").get_resource(
                TypeName=self.name, Identifier=identifier
            )
        except Exception as error:
            if is_absent(error):
                return None
            raise
        return self.seen(answer["ResourceDescription"])

    def seen(self, description: Mapping[str, Any]) -> Live:
        """A description as a Live; its tags without marks."""
        raw = json.loads(description["Properties"])
        tags = read_tags(raw.get(self.schema.tags)) if self.markable else {}
        shown = dict(raw)
        if tags:
            own = {
                k: v for k, v in tags.items() if not k.startswith(("aws:", "vigie:"))
            }
            shown[self.schema.tags] = self._tags(own)
        ours = tags.get(STACK) == self.aws.stack
        id_ = description["Identifier"]
        attributes = {name: raw[name] for name in self.schema.read_only if name in raw}
        return Live(
            id=id_,
            properties=shown,
            attributes={**attributes, "id": id_},
            resource=tags.get(RESOURCE) if ours else None,
            owned=ours,
            raw=raw,
        )

    # -- changing ---------------------------------------------------------------

    def _step(self, live: Live, desired: Desired, name: str) -> dict[str, Any]:
        value = desired.properties.get(name)
        if name == self.schema.tags and self.markable:
            before = read_tags(live.raw.get(name))
            kept = {k: v for k, v in before.items() if k.startswith("vigie:")}
            value = self._tags({**read_tags(value), **kept})
        if value is None:
            return {"op": "remove", "path": f"/{name}"}
        return {"op": "add", "path": f"/{name}", "value": value}

    def _tags(self, tags: Mapping[str, Any]) -> Any:
        if not self.schema.tags_are_pairs:
            return dict(tags)
        return [{"Key": name, "Value": str(value)} for name, value in tags.items()]

    def _finished(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Wait for the end of a request; a failed one says why."""
        latest = dict(event)
        what = f"{self.name} {event.get('Identifier', '')}: {event.get('Operation')}"

        def done() -> bool:
            status = latest["OperationStatus"]
            if status in ("FAILED", "CANCEL_COMPLETE"):
                gone = latest.get("ErrorCode") == "NotFound"
                if gone and latest.get("Operation") == "DELETE":
                    return True
                raise RunError(
                    f"{what} ended as {status}: {latest.get('ErrorCode')}:"
                    f" {latest.get('StatusMessage')}"
                )
            if status == "SUCCESS":
                return True
            answer = self.aws.client("cloudcontrol").get_resource_request_status(
                RequestToken=event["RequestToken"]
            )
            latest.update(answer["ProgressEvent"])
            return latest["OperationStatus"] == "SUCCESS"

        self.aws.wait(what, done)
        return latest


def _in_order(tags: Any) -> Any:
    return sorted((name, str(value)) for name, value in read_tags(tags).items())
