# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What web ACLs and IP sets have in common: scopes, lock tokens, names, spelling.

WAF nests rules deeply, and its statements are many. They are taken in AWS's own
structure, spelt `rate_based_statement` or `RateBasedStatement`, and put in the API's
spelling by botocore's model of the service.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from .._converge.fields import text
from .._converge.provider import UNKNOWN, Desired, Live, Reading
from .._errors import RunError
from .base import AwsType
from .calls import settled
from .errors import code
from .tagged import one_by_one, with_tags
from .tags import STACK, TAGS, pairs, read_tags

EDGE = "us-east-1"
REGIONAL = "REGIONAL"
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# What AWS fills in by itself, in the spelling that is compared.
_FILLED = {"evaluationwindowsec": "300"}


def snake(name: str) -> str:
    """`IPSetReferenceStatement` as `ip_set_reference_statement`."""
    return _WORDS.sub("_", name).lower()


def _key(name: str) -> str:
    return name.replace("_", "").lower()


def canonical(value: Any) -> Any:
    """One spelling of equivalent structures, for comparing them."""
    if isinstance(value, Mapping):
        pairs_ = {_key(name): canonical(entry) for name, entry in value.items()}
        return {
            name: entry
            for name, entry in pairs_.items()
            if entry not in (None, []) and _FILLED.get(name) != entry
        }
    if isinstance(value, (list, tuple)):
        return [canonical(entry) for entry in value]
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)


def canonical_action(value: Any) -> Any:
    """`block` is `{block: {}}`."""
    return canonical({value: {}} if isinstance(value, str) else value)


def shown(shape: Any, value: Any) -> Any:
    """An answer with names as we spell them; names that users chose are kept."""
    if shape.type_name == "structure":
        return {
            snake(name): shown(shape.members[name], entry)
            for name, entry in value.items()
            if name in shape.members and entry is not None
        }
    if shape.type_name == "list":
        return [shown(shape.member, entry) for entry in value]
    if shape.type_name == "map":
        return {name: shown(shape.value, entry) for name, entry in value.items()}
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def sent(shape: Any, value: Any, path: str = "") -> Any:
    """Our structure as the model wants it; RunError where a name is not known."""
    kind = shape.type_name
    if kind == "structure":
        return _sent_structure(shape, value, path)
    if kind == "list":
        return [sent(shape.member, entry, path) for entry in value]
    if kind == "map":
        return {name: sent(shape.value, each, path) for name, each in value.items()}
    return _SCALARS.get(kind, str)(value)


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "integer": int,
    "long": int,
    "blob": lambda value: str(value).encode(),
    # Templates make texts of flags.
    "boolean": lambda value: str(value).lower() in ("true", "yes", "on"),
}


def _sent_structure(shape: Any, value: Any, path: str) -> dict[str, Any]:
    given = {value: {}} if isinstance(value, str) else value
    if not isinstance(given, Mapping):
        raise RunError(f"{path}: takes properties, not {value!r:.60}")
    names = {_key(name): name for name in shape.members}
    found = {}
    for name, entry in given.items():
        if _key(name) not in names:
            raise RunError(f"{path}: {_unknown(name, shape.members)}")
        api = names[_key(name)]
        if entry is not None:
            found[api] = sent(shape.members[api], entry, f"{path}.{name}")
    return found


def _unknown(name: str, known: Iterable[str]) -> str:
    names = [snake(each) for each in known]
    close = difflib.get_close_matches(snake(name), names, 1)
    remedy = f"did you mean {close[0]}?" if close else f"there is {', '.join(names)}"
    return f"WAF knows no {name} here; {remedy}"


def refused_name(name: str) -> str | None:
    """What WAF would refuse in a name."""
    if re.fullmatch(r"[\w-]{1,128}", name, re.ASCII):
        return None
    return f"{name!r}: use 1 to 128 letters, digits, - and _"


NAMED = {
    "name": text("Its name.", required=True, immutable=True, check=refused_name),
    "scope": text(
        f"What it is for: {REGIONAL}, where nothing is said, or CLOUDFRONT.",
        choices=(REGIONAL, "CLOUDFRONT"),
        immutable=True,
    ),
    "description": text("What it is for."),
    "tags": TAGS,
}


class WafType(AwsType):
    """A thing of WAF: named, of a scope, and changed under a lock token.

    noun: as in the API. listing: the key of the list call's answer.
    """

    service = "wafv2"
    noun: ClassVar[str]
    listing: ClassVar[str]
    unique = ("scope", "name")

    def identity(self, properties: Mapping[str, Any]) -> str | None:
        """The name within its scope."""
        return super().identity({**properties, "scope": scope_of(properties)})

    def find(self, reading: Reading) -> Iterable[Live]:
        """Each scope in use: one listing, then what looks like ours."""
        scopes = {scope_of(desired.properties) for desired in reading.desired}
        if reading.everything:
            scopes = {REGIONAL, "CLOUDFRONT"}
        names = {desired.properties.get("name") for desired in reading.desired}
        for scope in sorted(scopes - {UNKNOWN}):
            for summary, tags in with_tags(
                self._listed(scope),
                one_by_one(lambda summary: self.tags_of(summary["ARN"])),
                lambda summary: summary["Name"] in names,
                self.aws.stack,
                reading,
            ):
                if tags.get(STACK) == self.aws.stack:
                    yield self.got(scope, summary, tags)

    def strangers(self, missing: Sequence[Desired], reading: Reading) -> Iterable[Live]:
        """Things of others with a declared name."""
        wanted = {self.identity(desired.properties) for desired in missing}
        for scope in {scope_of(desired.properties) for desired in missing}:
            for summary in self._listed(scope):
                properties = {"name": summary["Name"], "scope": scope}
                if self.identity(properties) in wanted:
                    yield self.live(
                        summary["Id"], properties, self.tags_of(summary["ARN"])
                    )

    def make(self, desired: Desired) -> Live:
        """Create it with its tags."""
        tags = self.aws.marks(desired)
        scope = scope_of(desired.properties)
        parameters = {**self.built({}, desired.properties), "Scope": scope}
        create = self.operation("create", scope)
        answer = settled(
            self.aws,
            lambda: create(
                Name=desired.properties["name"], Tags=pairs(tags), **parameters
            ),
            is_settling,
        )
        return self.got(scope, answer["Summary"], tags)

    def built(
        self, raw: Mapping[str, Any], properties: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What creation and update have in common, laid over what is there."""
        raise NotImplementedError

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Lay it over what is there now; again where somebody else was faster."""
        scope, where = self._where(live)
        update = self.operation("update", scope)

        def put() -> Any:
            now = self.operation("get", scope)(**where)
            parameters = self.built(now[self.noun], desired.properties)
            return update(**where, LockToken=now["LockToken"], **parameters)

        settled(self.aws, put, lambda error: is_stale(error) or is_settling(error))

    def remove(self, live: Live) -> None:
        """Delete it as soon as nothing uses it any more."""
        scope, where = self._where(live)

        def gone() -> bool:
            try:
                token = self.operation("get", scope)(**where)["LockToken"]
                self.operation("delete", scope)(**where, LockToken=token)
            except Exception as error:
                if code(error) == "WAFAssociatedItemException":
                    self.release(live)
                elif not is_stale(error):
                    raise
                return False
            return True

        self.aws.wait(f"{self.name} {live.properties['name']} to be unused", gone)

    def release(self, live: Live) -> None:
        """Free it of what uses it, where that is its own affair."""

    def fetch(self, live: Live) -> Live:
        """Read again, with its tags."""
        arn = live.attributes["arn"]
        summary = {"Name": live.properties["name"], "Id": live.id, "ARN": arn}
        return self.got(live.properties["scope"], summary, self.tags_of(arn))

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """Set and remove tags: one call each."""
        client, arn = self.client(live.properties["scope"]), live.attributes["arn"]
        if wanted:
            client.tag_resource(ResourceARN=arn, Tags=pairs(wanted))
        if unwanted:
            client.untag_resource(ResourceARN=arn, TagKeys=list(unwanted))

    def client(self, scope: str) -> Any:
        """WAF of CloudFront answers in one region only."""
        return self.aws.client("wafv2", EDGE if scope == "CLOUDFRONT" else None)

    def operation(self, verb: str, scope: str) -> Callable[..., Any]:
        """Such as `update_web_acl`."""
        return getattr(self.client(scope), f"{verb}_{snake(self.noun)}")

    def shape(self, name: str) -> Any:
        """A shape of botocore's model."""
        return self.client(REGIONAL).meta.service_model.shape_for(name)

    def got(self, scope: str, summary: Mapping[str, Any], tags: Any) -> Live:
        """The whole of what a listing sums up."""
        answer = settled(
            self.aws,
            lambda: self.operation("get", scope)(
                Name=summary["Name"], Scope=scope, Id=summary["Id"]
            ),
            is_settling,
        )
        raw = answer[self.noun]
        properties = {
            name: value
            for name, value in shown(self.shape(self.noun), raw).items()
            if name in self.fields
        }
        properties["scope"] = scope
        return self.live(summary["Id"], properties, tags, raw, arn=raw["ARN"])

    def tags_of(self, arn: str) -> dict[str, str]:
        """The tags of a thing, or of another of WAF's."""
        scope = "CLOUDFRONT" if ":global/" in arn else REGIONAL
        answer = self.client(scope).list_tags_for_resource(ResourceARN=arn)
        return read_tags(answer["TagInfoForResource"].get("TagList"))

    def _where(self, live: Live) -> tuple[str, dict[str, str]]:
        scope, name = live.properties["scope"], live.properties["name"]
        return scope, {"Name": name, "Scope": scope, "Id": live.id}

    def _listed(self, scope: str) -> list[dict[str, Any]]:
        # botocore has no paginator for WAF.
        list_ = getattr(self.client(scope), f"list_{snake(self.noun)}s")
        found: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            answer = list_(Scope=scope, Limit=100, **more)
            page = answer.get(self.listing) or []
            found.extend(page)
            if not page or not answer.get("NextMarker"):
                return found
            more = {"NextMarker": answer["NextMarker"]}


def scope_of(properties: Mapping[str, Any]) -> Any:
    """The declared scope, or the one that is meant where none is declared."""
    return properties.get("scope") or (
        UNKNOWN if properties.get("scope") is UNKNOWN else REGIONAL
    )


def is_stale(error: Exception) -> bool:
    """Somebody else changed it since it was read."""
    return code(error) == "WAFOptimisticLockException"


def is_settling(error: Exception) -> bool:
    """What it refers to was made a moment ago."""
    return code(error) == "WAFUnavailableEntityException"
