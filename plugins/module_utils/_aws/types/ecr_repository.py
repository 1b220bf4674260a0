# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An ECR repository: where container images are kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..._converge.fields import document, flag, group, many, text
from ..._converge.provider import Desired, Live, Reading
from ..._converge.shape import from_api, to_api
from ..._errors import RunError
from ..errors import code, is_absent
from ..kept import KeepingType
from ..policies import normal_policy
from ..tagged import one_by_one, with_tags
from ..tags import TAGS, pairs, read_tags

PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
NAME = re.compile(rf"{PART}(?:/{PART})*")
# Read and set by calls of their own: the words in their names, the text in them.
POLICIES = {
    "lifecycle_policy": "lifecyclePolicyText",
    "repository_policy": "policyText",
}
MUTABILITY = ("image_tag_mutability", "image_tag_mutability_exclusion_filters")


def _wrong_name(name: str) -> str | None:
    if 2 <= len(name) <= 256 and NAME.fullmatch(name):
        return None
    return "takes lower-case letters and digits, joined by . _ - or /, as in portal/web"


def _by_priority(policy: Any) -> Any:
    """Rules apply by their priority, wherever they stand."""
    rules = policy.get("rules") if isinstance(policy, Mapping) else None
    if not isinstance(rules, list):
        return policy
    return {**policy, "rules": sorted(rules, key=lambda r: r.get("rulePriority", 0))}


class EcrRepository(KeepingType):
    """API: CreateRepository, PutLifecyclePolicy, SetRepositoryPolicy."""

    name = "ecr_repository"
    service = "ecr"
    unique = ("repository_name",)
    kept = ("force_delete",)
    fields = {
        "repository_name": text(
            "Its name.", required=True, immutable=True, check=_wrong_name
        ),
        "image_tag_mutability": text(
            "IMMUTABLE: a tag never moves to another image.",
            choices=(
                "MUTABLE",
                "IMMUTABLE",
                "MUTABLE_WITH_EXCLUSION",
                "IMMUTABLE_WITH_EXCLUSION",
            ),
        ),
        "image_tag_mutability_exclusion_filters": many(
            group(
                {
                    "filter_type": text("How.", required=True, choices=("WILDCARD",)),
                    "filter": text("Such as latest or dev-*.", required=True),
                },
                "Tags.",
            ),
            "Of the two WITH_EXCLUSION: the tags for which it is the other way.",
            order="set",
        ),
        "image_scanning_configuration": group(
            {"scan_on_push": flag("Scan each image when it is pushed.")},
            "Basic scanning. A registry that scans in the enhanced way ignores it.",
        ),
        "encryption_configuration": group(
            {
                "encryption_type": text(
                    "How.", required=True, choices=("AES256", "KMS", "KMS_DSSE")
                ),
                "kms_key": text("The key's ARN."),
            },
            "Encryption at rest.",
            immutable=True,
        ),
        "lifecycle_policy": document("Which images expire.", normal=_by_priority),
        "repository_policy": document(
            "Who may pull and push, beside the account's own roles.",
            normal=normal_policy,
        ),
        "force_delete": flag(
            "Delete it with the images that are in it; else it has to be empty."
        ),
        "tags": TAGS,
    }
    attributes = {
        "id": "Its name.",
        "arn": "Its ARN.",
        "repository_uri": "What images are named by, without their tag.",
    }

    def find(self, reading: Reading) -> Iterable[Live]:
        """All repositories of the region; tags and policies are a call each."""
        found = self.aws.pages(
            "ecr", "describe_repositories", "repositories", maxResults=1000
        )
        declared = {d.properties.get("repository_name") for d in reading.desired}
        asked = {one.resource: one.properties for one in reading.desired}
        tagged = with_tags(
            found,
            one_by_one(self._tags),
            lambda raw: raw["repositoryName"] in declared,
            self.aws.stack,
            reading,
        )
        lives = [self._seen({**raw, "tags": tags}) for raw, tags in tagged]
        wanted = [live for live in lives if live.owned or live.id in declared]

        def complete(live: Live) -> Live:
            return self._with_policies(live, asked.get(live.resource or "", ()))

        return one_by_one(complete)(wanted)

    def _tags(self, raw: Mapping[str, Any]) -> dict[str, str]:
        try:
            answer = self.aws.client("ecr").list_tags_for_resource(
                resourceArn=raw["repositoryArn"]
            )
        except Exception as error:
            if is_absent(error):
                return {}
            raise
        return read_tags(answer["tags"])

    def _seen(self, raw: Mapping[str, Any]) -> Live:
        more = {"arn": raw["repositoryArn"], "repository_uri": raw["repositoryUri"]}
        properties = from_api(self.fields, raw, lower=True)
        return self.live(raw["repositoryName"], properties, raw["tags"], raw, **more)

    def _with_policies(self, live: Live, names: Iterable[str]) -> Live:
        properties = dict(live.properties)
        for name in POLICIES:
            if name in names:
                properties[name] = self._policy(live.id, name)
        return replace(live, properties=properties)

    def _policy(self, repository: str, name: str) -> Any:
        get = getattr(self.aws.client("ecr"), f"get_{name}")
        try:
            return json.loads(get(repositoryName=repository)[POLICIES[name]])
        except Exception as error:
            if is_absent(error):
                return None
            raise

    def fetch(self, live: Live) -> Live:
        """As it is now, with both policies."""
        raw = self.aws.client("ecr").describe_repositories(repositoryNames=[live.id])
        one = raw["repositories"][0]
        seen = self._seen({**one, "tags": self._tags(one)})
        return self._with_policies(seen, POLICIES)

    def make(self, desired: Desired) -> Live:
        """Create it, then set its policies."""
        given = {
            name: value
            for name, value in desired.properties.items()
            if value is not None and name not in (*POLICIES, *self.kept, "tags")
        }
        made = self.aws.client("ecr").create_repository(
            **to_api(self.fields, given, lower=True), tags=pairs(self.marks(desired))
        )
        live = self._seen({**made["repository"], "tags": self.marks(desired)})
        policies = frozenset(n for n in POLICIES if desired.properties.get(n))
        self.change(live, desired, policies)
        return self.fetch(live)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """A call for each."""
        client, want = self.aws.client("ecr"), desired.properties
        if changed & set(MUTABILITY):
            both = {n: want.get(n, live.properties.get(n)) for n in MUTABILITY}
            both["image_tag_mutability"] = both["image_tag_mutability"] or "MUTABLE"
            if not both["image_tag_mutability"].endswith("_WITH_EXCLUSION"):
                del both["image_tag_mutability_exclusion_filters"]
            client.put_image_tag_mutability(
                repositoryName=live.id, **to_api(self.fields, both, lower=True)
            )
        if "image_scanning_configuration" in changed:
            scanning = want["image_scanning_configuration"] or {"scan_on_push": False}
            client.put_image_scanning_configuration(
                repositoryName=live.id,
                imageScanningConfiguration={"scanOnPush": scanning["scan_on_push"]},
            )
        for name in sorted(changed & set(POLICIES)):
            self._set_policy(live.id, name, want[name])

    def _set_policy(self, repository: str, name: str, policy: Any) -> None:
        client = self.aws.client("ecr")
        if not policy:
            getattr(client, f"delete_{name}")(repositoryName=repository)
            return
        put = "put" if name == "lifecycle_policy" else "set"
        text_ = policy if isinstance(policy, str) else json.dumps(policy)
        call = getattr(client, f"{put}_{name}")
        call(repositoryName=repository, **{POLICIES[name]: text_})

    def remove(self, live: Live) -> None:
        """With its images only where that was declared."""
        force = bool(live.properties.get("force_delete"))
        try:
            self.aws.client("ecr").delete_repository(
                repositoryName=live.id, force=force
            )
        except Exception as error:
            if code(error) != "RepositoryNotEmptyException":
                raise
            raise RunError(
                f"ECR repository {live.id} holds images and is kept. Delete them, or"
                " declare force_delete: true, apply that, and delete it then."
            ) from error

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """Set and remove tags."""
        client, arn = self.aws.client("ecr"), live.attributes["arn"]
        if wanted:
            client.tag_resource(resourceArn=arn, tags=pairs(wanted))
        if unwanted:
            client.untag_resource(resourceArn=arn, tagKeys=list(unwanted))


TYPE = EcrRepository
