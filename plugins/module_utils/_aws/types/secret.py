# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A secret in Secrets Manager: given, or made up once by AWS and never shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import anything, document, flag, group, number, text
from ..._converge.provider import UNKNOWN, Desired, Live, Reading
from ..._converge.shape import from_api, to_api
from ..._errors import RunError
from ..errors import code, is_absent
from ..kept import KeepingType
from ..policies import normal_policy
from ..tags import RESOURCE, STACK, TAGS, pairs, read_tags

# How many BatchGetSecretValue takes, and how many values a filter.
BATCH = 20
NAMES = 10
# The account's own key, which encrypts what names no other.
OWN_KEY = "alias/aws/secretsmanager"
_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")


def _refused(name: str) -> str | None:
    if not _NAME.fullmatch(name):
        return f"is {name!r}; letters, digits and /_+=.@- are allowed, at most 512"
    return None


def _window(days: Any) -> str | None:
    if days == 0 or 7 <= days <= 30:
        return None
    return f"is {days}; AWS keeps a deleted secret 7 to 30 days, or 0: not at all"


def _value(value: Any) -> Any:
    """JSON means the same whatever its spaces and the order of its names."""
    if isinstance(value, str):
        try:
            parsed = json.loads(value)
        except ValueError:
            return value
        return parsed if isinstance(parsed, (dict, list)) else value
    return value


class Secret(KeepingType):
    """API: CreateSecret, ListSecrets, BatchGetSecretValue, PutSecretValue,
    UpdateSecret, PutResourcePolicy, RestoreSecret, DeleteSecret."""

    name = "secret"
    service = "secretsmanager"
    unique = ("name",)
    kept = ("recovery_window_in_days",)
    fields = {
        "name": text("Its name.", required=True, immutable=True, check=_refused),
        "description": text("What it is for."),
        "kms_key_id": text("The KMS key that encrypts it."),
        "secret_string": anything(
            "Its value: a text, or names and values, which are stored as JSON. It is"
            " compared if the credentials may read it (BatchGetSecretValue,"
            " GetSecretValue), and else sent with another change only.",
            sensitive=True,
            normal=_value,
        ),
        "generate_secret_string": group(
            {
                "password_length": number("How long."),
                "exclude_characters": text("Characters that it must not have."),
                "exclude_numbers": flag("No digits."),
                "exclude_punctuation": flag("No punctuation."),
                "exclude_uppercase": flag("No capitals."),
                "exclude_lowercase": flag("No small letters."),
                "include_space": flag("Spaces as well."),
                "require_each_included_type": flag("Some of each kind."),
                "secret_string_template": document(
                    "Other names and values, stored as JSON with the password."
                ),
                "generate_string_key": text("The name of the password among them."),
            },
            "Let AWS make the value up, once, when the secret is created. Nobody sees"
            " it, and a change of these rules does not change it.",
            write_only=True,
        ),
        "resource_policy": document("Who else may read it.", normal=normal_policy),
        "recovery_window_in_days": number(
            "Days in which a deleted secret can come back, 7 to 30; 0 deletes it for"
            " good. AWS takes 30. Kept as a tag: what counts at a deletion is what was"
            " applied before.",
            check=_window,
        ),
        "tags": TAGS,
    }
    attributes = {"id": "Its ARN.", "arn": "Its ARN."}

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """One source of its value."""
        rules = properties.get("generate_secret_string")
        if properties.get("secret_string", "") is None:
            return ["secret_string: a value cannot be taken away; leave it out"]
        if rules is None or rules is UNKNOWN:
            return ()
        if properties.get("secret_string") is not None:
            return ["generate_secret_string: or a secret_string, not both"]
        parts = ("secret_string_template", "generate_string_key")
        if len([part for part in parts if rules.get(part) is not None]) == 1:
            return [f"generate_secret_string: takes {' and '.join(parts)}, or neither"]
        return ()

    # -- reading ----------------------------------------------------------------

    def find(self, reading: Reading) -> Iterable[Live]:
        """One paged list by the mark; values in batches, policies for declared ones."""
        filters = [
            {"Key": "tag-key", "Values": [STACK]},
            {"Key": "tag-value", "Values": [self.aws.stack]},
        ]
        lives = [live for live in self._listed(filters) if live.owned]
        declared = {d.resource: d.properties for d in reading.desired}
        declarations = [(live, declared.get(live.resource or "", {})) for live in lives]
        self._read_values(
            [p for p in declarations if p[1].get("secret_string") is not None]
        )
        for live, wanted in declarations:
            if "resource_policy" in wanted:
                self._read_policy(live)
        return lives

    def strangers(self, missing: Sequence[Desired], reading: Reading) -> Iterable[Live]:
        """By name; the filter takes beginnings of names, and several."""
        names = [desired.properties["name"] for desired in missing]
        for start in range(0, len(names), NAMES):
            some = names[start : start + NAMES]
            for live in self._listed([{"Key": "name", "Values": some}]):
                if live.properties["name"] in some:
                    yield live

    def _listed(self, filters: Sequence[Mapping[str, Any]]) -> list[Live]:
        found = self.aws.pages(
            "secretsmanager", "list_secrets", "SecretList", Filters=filters
        )
        return [self._seen(raw) for raw in found if "DeletedDate" not in raw]

    def _seen(self, raw: Mapping[str, Any]) -> Live:
        shown = from_api(self.fields, raw)
        if shown.get("kms_key_id") == OWN_KEY:
            del shown["kms_key_id"]
        return self.live(raw["ARN"], shown, raw.get("Tags"), {}, arn=raw["ARN"])

    def _read_values(self, secrets: Sequence[tuple[Live, Mapping[str, Any]]]) -> None:
        """Put values among the properties; a value that may not be read counts as
        the declared one."""
        for start in range(0, len(secrets), BATCH):
            some = secrets[start : start + BATCH]
            values, absent = self._values([live.id for live, _wanted in some])
            for live, wanted in some:
                if live.id in values:
                    live.properties["secret_string"] = values[live.id]
                elif live.id not in absent:
                    live.properties["secret_string"] = wanted["secret_string"]
                    live.raw["unread"] = True

    def _values(self, arns: Sequence[str]) -> tuple[dict[str, str], set[str]]:
        """Values by ARN, and which secrets have none."""
        values: dict[str, str] = {}
        absent: set[str] = set()
        asked: dict[str, Any] = {"SecretIdList": list(arns)}
        try:
            while asked:
                page = self.aws.client(self.service).batch_get_secret_value(**asked)
                for each in page.get("SecretValues", ()):
                    values[each["ARN"]] = each.get("SecretString")
                for failed in page.get("Errors", ()):
                    if "NotFound" in failed.get("ErrorCode", ""):
                        absent.add(failed["SecretId"])
                token = page.get("NextToken")
                asked = {**asked, "NextToken": token} if token else {}
        except Exception as error:
            if "AccessDenied" not in code(error):
                raise
        return values, absent

    def _read_policy(self, live: Live) -> None:
        answer = self.aws.client("secretsmanager").get_resource_policy(SecretId=live.id)
        if answer.get("ResourcePolicy"):
            live.properties["resource_policy"] = json.loads(answer["ResourcePolicy"])

    def fetch(self, live: Live) -> Live:
        """Described again, without its value."""
        answer = self.aws.client("secretsmanager").describe_secret(SecretId=live.id)
        return self._seen(answer)

    # -- writing ----------------------------------------------------------------

    def make(self, desired: Desired) -> Live:
        """Create it, or bring back the stack's own that is being deleted."""
        client, wanted = self.aws.client("secretsmanager"), desired.properties
        plain = ("name", "description", "kms_key_id")
        parameters = to_api(self.fields, {k: wanted[k] for k in plain if k in wanted})
        value = self._new_value(wanted)
        if value is not None:
            parameters["SecretString"] = value
        try:
            answer = client.create_secret(**parameters, Tags=pairs(self.marks(desired)))
            live = self.live(answer["ARN"], {}, arn=answer["ARN"])
        except Exception as error:
            left = self._left_behind(error, wanted["name"])
            if left is None:
                raise
            live = self._taken_up(left, desired)
            parameters.pop("Name")
            client.update_secret(SecretId=live.id, **parameters)
        if wanted.get("resource_policy") is not None:
            self._put_policy(live.id, wanted["resource_policy"])
        return self._found(live)

    def _found(self, live: Live) -> Live:
        def look() -> Live | None:
            try:
                return self.fetch(live)
            except Exception as error:
                if is_absent(error):
                    return None
                raise

        return self.aws.wait(f"the secret {live.id} to be known", look)

    def _new_value(self, wanted: Mapping[str, Any]) -> str | None:
        """The declared value as text, or one that AWS makes up."""
        rules = wanted.get("generate_secret_string")
        if rules is None:
            return _text(wanted.get("secret_string"))
        parts = ("secret_string_template", "generate_string_key")
        inner = self.fields["generate_secret_string"].fields
        plain = {k: v for k, v in rules.items() if k not in parts}
        answer = self.aws.client("secretsmanager").get_random_password(
            **to_api(inner, plain)
        )
        if rules.get("generate_string_key") is None:
            return answer["RandomPassword"]
        others = _value(rules["secret_string_template"])
        return json.dumps(
            {**others, rules["generate_string_key"]: answer["RandomPassword"]}
        )

    def _left_behind(self, error: Exception, name: str) -> Mapping[str, Any] | None:
        """The secret that has the name, if that is what is wrong."""
        if code(error) not in ("InvalidRequestException", "ResourceExistsException"):
            return None
        client = self.aws.client("secretsmanager")
        try:
            return client.describe_secret(SecretId=name)
        except Exception as other:
            if is_absent(other):
                return None
            raise

    def _taken_up(self, left: Mapping[str, Any], desired: Desired) -> Live:
        """Our own: deleted a while ago, or made by a call whose answer was lost."""
        tags = read_tags(left.get("Tags"))
        ours = tags.get(STACK) == self.aws.stack
        if not ours or tags.get(RESOURCE) != desired.resource:
            raise RunError(
                f"A secret {left['Name']} that is not this resource's has the name. If"
                " it is being deleted, wait, or delete it for good"
                " (force-delete-without-recovery); or choose another name."
            )
        live = self.live(left["ARN"], {}, tags, arn=left["ARN"])
        if "DeletedDate" in left:
            self.aws.client("secretsmanager").restore_secret(SecretId=live.id)
            marks = self.marks(desired)
            self.retag(live, marks, [name for name in tags if name not in marks])
        return live

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Description, key and value in one call, the policy in another."""
        client, wanted = self.aws.client("secretsmanager"), desired.properties
        parameters: dict[str, Any] = {}
        if "description" in changed:
            parameters["Description"] = wanted["description"] or ""
        if "kms_key_id" in changed:
            parameters["KmsKeyId"] = wanted["kms_key_id"] or OWN_KEY
        if "secret_string" in changed or (live.raw or {}).get("unread"):
            parameters["SecretString"] = _text(wanted["secret_string"])
        if parameters:
            client.update_secret(SecretId=live.id, **parameters)
        if "resource_policy" in changed:
            if wanted["resource_policy"] is None:
                client.delete_resource_policy(SecretId=live.id)
            else:
                self._put_policy(live.id, wanted["resource_policy"])

    def _put_policy(self, arn: str, policy: Any) -> None:
        # Refused where it would open the secret to everybody.
        self.aws.client("secretsmanager").put_resource_policy(
            SecretId=arn, ResourcePolicy=_text(policy), BlockPublicPolicy=True
        )

    def remove(self, live: Live) -> None:
        """Delete it, to be recovered for as long as was said."""
        days = live.properties.get("recovery_window_in_days", 30)
        how = (
            {"RecoveryWindowInDays": int(days)}
            if days
            else {"ForceDeleteWithoutRecovery": True}
        )
        self.aws.client("secretsmanager").delete_secret(SecretId=live.id, **how)

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """By ARN."""
        client = self.aws.client("secretsmanager")
        if wanted:
            client.tag_resource(SecretId=live.id, Tags=pairs(wanted))
        if unwanted:
            client.untag_resource(SecretId=live.id, TagKeys=list(unwanted))


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


TYPE = Secret
