# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What every AWS resource type has: the stack's marks, waits, errors, lost answers.

A type is one class in its own file under `types/`:

    class Vpc(Ec2Type):
        name = "vpc"
        fields = {"cidr_block": text("…", required=True, immutable=True), "tags": TAGS}

It fills in `find`, `make`, `change` and `remove`; the public methods below, which the
engine calls, wrap them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from .._converge.compare import compare
from .._converge.fields import Field
from .._converge.provider import UNKNOWN, Change, Desired, Live, Reading
from .._errors import RunError
from .errors import UncertainCreationError, explain, is_absent, is_in_use
from .session import Session
from .tags import RESOURCE, STACK, own_tags, read_tags, tag_changes

# How often a wait looks again, in seconds; and how long a thing that was created by
# a call whose answer was lost may take to show.
INTERVAL = 2.0
SHOWS_WITHIN = 6.0


@dataclass
class Aws:
    """A stack on its account: what every type is given.

    wait_timeout: seconds that any one wait may take.
    """

    session: Session
    stack: str
    wait_timeout: float = 1200.0
    interval: float = INTERVAL

    def client(self, service: str, region: str | None = None) -> Any:
        """The botocore client of a service, in the stack's region or another."""
        return self.session.client(service, region)

    def pages(
        self,
        service: str,
        operation: str,
        key: str,
        region: str | None = None,
        **parameters: Any,
    ) -> list:
        """All pages of a list call: the entries under `key`."""
        client = self.client(service, region)
        if not client.can_paginate(operation):
            return list(getattr(client, operation)(**parameters).get(key) or ())
        found: list[Any] = []
        for page in client.get_paginator(operation).paginate(**parameters):
            found.extend(page.get(key) or ())
        return found

    def marks(self, desired: Desired, named: bool = False) -> dict[str, str]:
        """The tags of a new resource: its own and our marks.

        named: with a `Name` for the console, unless the user gave one.
        """
        tags = dict(desired.properties.get("tags") or {})
        if named:
            tags.setdefault("Name", f"{self.stack}-{desired.resource}")
        tags = {name: str(value) for name, value in tags.items() if value is not None}
        return {**tags, STACK: self.stack, RESOURCE: desired.resource}

    def wait(
        self, what: str, ready: Callable[[], Any], timeout: float | None = None
    ) -> Any:
        """Ask until `ready` gives a true value, and return it.

        Raises RunError naming `what` once the limit has passed. `ready` raises
        RunError itself when waiting longer is pointless.
        """
        limit = self.wait_timeout if timeout is None else timeout
        end = time.monotonic() + limit
        while True:
            answer = ready()
            if answer:
                return answer
            if time.monotonic() + self.interval > end:
                raise RunError(
                    f"Waited {limit:g} s for {what}, in vain. Look at it in AWS, and"
                    " run again: what was made is kept. A longer limit: wait_timeout."
                )
            time.sleep(self.interval)


class AwsType:
    """One kind of AWS resource, as the engine asks for it (see `provider.py`)."""

    name: ClassVar[str]
    service: ClassVar[str]
    fields: ClassVar[Mapping[str, Field]]
    attributes: ClassVar[Mapping[str, str]] = {"id": "The identifier."}
    parents: ClassVar[Sequence[str]] = ()
    uses: ClassVar[Sequence[str]] = ()
    volatile: ClassVar[Sequence[str]] = ()
    # False where the service has no tags for it.
    markable: ClassVar[bool] = True
    # What only one thing of this kind can have: field names.
    unique: ClassVar[Sequence[str]] = ()

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    # -- what a type fills in ---------------------------------------------------

    def find(self, reading: Reading) -> Iterable[Live]:
        """Everything of the stack, in as few calls as the service allows."""
        raise NotImplementedError

    def strangers(self, missing: Sequence[Desired], reading: Reading) -> Iterable[Live]:
        """Things of others that have the identity of a declared one.

        Asked only about declared resources that `find` did not bring.
        """
        return ()

    def make(self, desired: Desired) -> Live:
        """Create it with its marks and wait until others may use it."""
        raise NotImplementedError

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Change in place what is named in `changed` (top-level fields, not tags)."""
        raise NotImplementedError

    def remove(self, live: Live) -> None:
        """Delete it and wait until it is gone."""
        raise NotImplementedError

    def fetch(self, live: Live) -> Live:
        """The same thing as it is now (after a change)."""
        raise NotImplementedError

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """Set and remove tags."""
        raise NotImplementedError

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """What is wrong between fields."""
        return ()

    # -- what the engine calls --------------------------------------------------

    def identity(self, properties: Mapping[str, Any]) -> str | None:
        """The values of the fields that are unique together."""
        values = [properties.get(name) for name in self.unique]
        if not values or any(value is UNKNOWN or value is None for value in values):
            return None
        return "/".join(str(value) for value in values)

    def read(self, reading: Reading) -> Sequence[Live]:
        """The things of the stack; then, for what is missing, those of others."""
        try:
            found = list(self.find(reading))
            here = {live.resource for live in found}
            same = {self.identity(live.properties) for live in found}
            missing = [
                desired
                for desired in reading.desired
                if desired.resource not in here
                and (identity := self.identity(desired.properties)) is not None
                and identity not in same
            ]
            if missing:
                found.extend(self.strangers(missing, reading))
        except Exception as error:
            raise explain(error) from error
        return found

    def create(self, desired: Desired) -> Live:
        """Make it once, also where the answer to the creation is lost."""
        try:
            try:
                return self.make(desired)
            except UncertainCreationError:
                found = self._found_again(desired)
                if found is not None:
                    return self._finished(found, desired)
                if self.parents:
                    # Things found through others cannot be looked for here.
                    raise
                return self.make(desired)
        except Exception as error:
            raise explain(error) from error

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        """Change tags and properties, then look at it again."""
        touched = {_top(change.path) for change in changes}
        try:
            if "tags" in touched:
                self.retag(live, *tag_changes(changes))
            if touched - {"tags"}:
                self.change(live, desired, frozenset(touched - {"tags"}))
            return self.fetch(live)
        except Exception as error:
            raise explain(error) from error

    def delete(self, live: Live) -> None:
        """Delete it; gone already is fine."""
        try:
            self.remove(live)
        except Exception as error:
            if not is_absent(error):
                raise explain(error) from error

    def _found_again(self, desired: Desired) -> Live | None:
        """The thing that a creation without an answer made, if it did."""
        end = time.monotonic() + SHOWS_WITHIN
        while True:
            reading = Reading([desired], dict.fromkeys(self.parents, ()))
            for live in self.find(reading):
                if live.owned and live.resource == desired.resource:
                    return live
            if time.monotonic() > end:
                return None
            time.sleep(min(self.aws.interval, 1.0))

    def _finished(self, live: Live, desired: Desired) -> Live:
        """What `make` would still have done after a creation that was found again."""
        changes = compare(self.fields, desired.properties, live.properties)
        return self.update(live, desired, changes) if changes else live

    # -- what types use ---------------------------------------------------------

    def live(
        self,
        id_: str,
        properties: Mapping[str, Any],
        tags: Any = None,
        raw: Any = None,
        **attributes: Any,
    ) -> Live:
        """A Live whose owner is told by its tags (in whatever shape they come)."""
        known = read_tags(tags)
        ours = known.get(STACK) == self.aws.stack
        shown = dict(properties)
        if "tags" in self.fields:
            shown["tags"] = own_tags(known)
        return Live(
            id=id_,
            properties=shown,
            attributes={"id": id_, **attributes},
            resource=known.get(RESOURCE) if ours else None,
            owned=ours,
            raw=raw,
        )

    def once_unused(
        self,
        live: Live,
        delete: Callable[[], Any],
        busy: Callable[[Exception], bool] = is_in_use,
    ) -> None:
        """Repeat a deletion while AWS says that something still needs the thing."""

        def gone() -> bool:
            try:
                delete()
            except Exception as error:
                if is_absent(error):
                    return True
                if busy(error):
                    return False
                raise
            return True

        self.aws.wait(f"{self.name} {live.id} to be free of dependants", gone)


def _top(path: str) -> str:
    return path.split(".", 1)[0].split("[", 1)[0]
