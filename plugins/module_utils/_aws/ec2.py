# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What the resources of EC2 and VPC have in common: one noun, one filter, one tag call.

`describe_subnets`, `Subnets`, `SubnetId`, `create_subnet` and `delete_subnet` all
follow from `noun = "Subnet"`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from .._converge.provider import Desired, Live, Reading
from .._converge.shape import from_api, to_api
from .base import AwsType
from .errors import is_absent
from .tags import STACK, pairs


class Ec2Type(AwsType):
    """An EC2 resource that is described by its noun.

    noun: as in the API. tag_type: as in a TagSpecification. Fields whose value is
    not a parameter of the creation are named in `later`; `make` sets them with
    `change` after it.
    """

    service = "ec2"
    noun: ClassVar[str]
    tag_type: ClassVar[str]
    later: ClassVar[Sequence[str]] = ()

    @property
    def _words(self) -> str:
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in self.noun)[1:]

    @property
    def _id(self) -> str:
        return f"{self.noun}Id"

    def find(self, reading: Reading) -> Iterable[Live]:
        """One paged call, filtered by the stack's tag."""
        return self.described(
            Filters=[{"Name": f"tag:{STACK}", "Values": [self.aws.stack]}]
        )

    def described(self, **parameters: Any) -> list[Live]:
        """What a describe call brings, as Lives."""
        found = self.aws.pages(
            "ec2", f"describe_{self._words}s", f"{self.noun}s", **parameters
        )
        return [self.seen(raw) for raw in found if self.exists(raw)]

    def exists(self, raw: Mapping[str, Any]) -> bool:
        """False for what is listed for a while after its deletion."""
        return raw.get("State") not in ("deleted", "deleting")

    def seen(self, raw: Mapping[str, Any]) -> Live:
        """One described thing as a Live."""
        return self.live(
            raw[self._id],
            from_api(self.fields, raw),
            raw.get("Tags"),
            raw,
            **self.more(raw),
        )

    def more(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Attributes besides `id`."""
        return {}

    def fetch(self, live: Live) -> Live:
        """Described again, by its id."""
        return self.described(**{f"{self._id}s": [live.id]})[0]

    def make(self, desired: Desired) -> Live:
        """Create it with its tags, then set what a creation does not take."""
        given = {k: v for k, v in desired.properties.items() if v is not None}
        at_once = {k: v for k, v in given.items() if k not in (*self.later, "tags")}
        create = getattr(self.aws.client("ec2"), f"create_{self._words}")
        answer = create(
            **to_api(self.fields, at_once),
            TagSpecifications=self.specification(desired),
        )
        id_ = answer[self.noun][self._id]
        live = self.ready(id_)
        rest = frozenset(name for name in self.later if name in given)
        if rest:
            self.change(live, desired, rest)
            live = self.fetch(live)
        return live

    def specification(self, desired: Desired) -> list[dict[str, Any]]:
        """The tags of a creation."""
        tags = pairs(self.aws.marks(desired, named=True))
        return [{"ResourceType": self.tag_type, "Tags": tags}]

    def ready(self, id_: str) -> Live:
        """Wait until what was just created can be seen, and is past `pending`."""

        def look() -> Live | None:
            try:
                found = self.described(**{f"{self._id}s": [id_]})
            except Exception as error:
                if is_absent(error):
                    return None
                raise
            busy = not found or found[0].raw.get("State") == "pending"
            return None if busy else found[0]

        return self.aws.wait(f"{self.name} {id_} to be available", look)

    def remove(self, live: Live) -> None:
        """Delete it as soon as nothing needs it any more."""
        delete = getattr(self.aws.client("ec2"), f"delete_{self._words}")
        self.once_unused(live, lambda: delete(**{self._id: live.id}))

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """Set and remove tags: one call each."""
        client = self.aws.client("ec2")
        if wanted:
            client.create_tags(Resources=[live.id], Tags=pairs(wanted))
        if unwanted:
            names = [{"Key": name} for name in unwanted]
            client.delete_tags(Resources=[live.id], Tags=names)
