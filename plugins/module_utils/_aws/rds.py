# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What RDS databases have in common: instances and clusters are alike in most."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from .._converge.provider import Desired, Live, Reading
from .._converge.shape import from_api, to_api
from .._errors import RunError
from .errors import code, is_absent
from .kept import KeepingType
from .rds_fields import HOW, KEPT
from .tags import pairs, retag

# Anything else is on its way somewhere.
READY = ("available", "storage-optimization", "backing-up", "active")
FAILED = (
    "failed",
    "incompatible-",
    "inaccessible-encryption-credentials",
    "insufficient-capacity",
    "migration-failed",
    "restore-error",
    "storage-full",
)


class RdsType(KeepingType):
    """A thing of RDS, described by its noun: `DBInstance`, `DBSubnetGroup`."""

    service = "rds"
    noun: ClassVar[str]

    def call(self, verb: str, **parameters: Any) -> Any:
        """`create_db_instance` and its like."""
        words = re.sub(r"(?<!^)([A-Z][a-z])", r"_\1", self.noun).lower()
        ending = "s" if verb == "describe" else ""
        return getattr(self.aws.client("rds"), f"{verb}_{words}{ending}")(**parameters)

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """RDS names what it tags by ARN."""
        arn = live.attributes["arn"]
        retag(self.aws.client("rds"), wanted, unwanted, ResourceName=arn)


class RdsDatabase(RdsType):
    """An instance or a cluster.

    status: the name of its state. renamed: parameters that a modification calls
    otherwise than a creation does.
    """

    status: ClassVar[str]
    renamed: ClassVar[Mapping[str, str]] = {}
    kept = KEPT
    volatile = ("master_user_secret_arn",)

    # -- reading ----------------------------------------------------------------

    def find(self, reading: Reading) -> Iterable[Live]:
        """RDS cannot filter by tag: one paged list of all, with their tags."""
        names = {self.identity(d.properties) for d in reading.desired} - {None}
        declared = {desired.resource: desired for desired in reading.desired}
        found = self.aws.pages("rds", self._describe, f"{self.noun}s")
        for raw in found:
            live = self.seen(raw)
            if not self.exists(raw):
                continue
            if live.owned:
                yield self._as_declared(live, declared.get(live.resource or ""))
            elif self.identity(live.properties) in names:
                yield live

    @property
    def _describe(self) -> str:
        return "describe_db_instances" if "I" in self.noun else "describe_db_clusters"

    @property
    def _id(self) -> str:
        return f"{self.noun}Identifier"

    def exists(self, raw: Mapping[str, Any]) -> bool:
        """False once it is being deleted."""
        return raw[self.status] not in ("deleting", "deleted")

    def seen(self, raw: Mapping[str, Any]) -> Live:
        """As it is, changes that wait for the maintenance window not counted."""
        return self.live(
            raw[self._id],
            self.shaped(raw),
            raw.get("TagList"),
            raw,
            **self.more(raw),
        )

    def shaped(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """A described database in our shape."""
        secret = raw.get("MasterUserSecret")
        shown = from_api(self.fields, raw)
        for name in (*HOW, *KEPT, "tags", "master_user_password"):
            shown.pop(name, None)
        groups = raw.get("VpcSecurityGroups") or ()
        shown.update(
            vpc_security_group_ids=[each["VpcSecurityGroupId"] for each in groups],
            manage_master_user_password=secret is not None,
            enable_iam_database_authentication=raw.get(
                "IAMDatabaseAuthenticationEnabled", False
            ),
            enable_cloudwatch_logs_exports=raw.get("EnabledCloudwatchLogsExports", []),
            enable_performance_insights=raw.get("PerformanceInsightsEnabled", False),
        )
        if secret and secret.get("KmsKeyId"):
            shown["master_user_secret_kms_key_id"] = secret["KmsKeyId"]
        return shown

    def more(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Attributes besides `id`."""
        raise NotImplementedError

    def _as_declared(self, live: Live, desired: Desired | None) -> Live:
        """What RDS does by itself, or will do in its window, is no difference."""
        wanted = desired.properties if desired else {}
        shown = dict(live.properties)
        if wanted.get("apply_immediately") is not True:
            pending = live.raw.get("PendingModifiedValues") or {}
            shown.update(self._pending(pending, shown))
        version = wanted.get("engine_version")
        if str(shown.get("engine_version")).startswith(f"{version}."):
            shown["engine_version"] = version
        size = wanted.get("allocated_storage")
        limit = shown.get("max_allocated_storage", 0)
        grown = shown.get("allocated_storage", 0)
        if isinstance(size, (int, float)) and size < grown <= limit:
            shown["allocated_storage"] = size
        return replace(live, properties=shown)

    def _pending(
        self, pending: Mapping[str, Any], shown: Mapping[str, Any]
    ) -> dict[str, Any]:
        late = from_api(self.fields, pending)
        late.pop("master_user_password", None)
        if "IAMDatabaseAuthenticationEnabled" in pending:
            late["enable_iam_database_authentication"] = pending[
                "IAMDatabaseAuthenticationEnabled"
            ]
        logs = pending.get("PendingCloudwatchLogsExports")
        if logs:
            on = set(shown["enable_cloudwatch_logs_exports"])
            on |= set(logs.get("LogTypesToEnable", ()))
            on -= set(logs.get("LogTypesToDisable", ()))
            late["enable_cloudwatch_logs_exports"] = sorted(on)
        return late

    def fetch(self, live: Live) -> Live:
        """Described again."""
        return self.seen(self._described(live.id))

    def _described(self, name: str) -> Mapping[str, Any]:
        return self.call("describe", **{self._id: name})[f"{self.noun}s"][0]

    # -- writing ----------------------------------------------------------------

    def parameters(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Properties as parameters: without what is only ours, or not given."""
        ours = ("tags", *KEPT)
        return to_api(
            self.fields, {k: v for k, v in properties.items() if k not in ours}
        )

    def make(self, desired: Desired) -> Live:
        """Create it with its tags and wait until it serves."""
        given = {k: v for k, v in desired.properties.items() if k not in HOW}
        parameters = self.parameters(given)
        name = parameters[self._id]

        def create() -> bool:
            try:
                self.call("create", **parameters, Tags=pairs(self.marks(desired)))
            except Exception as error:
                if "AlreadyExists" in code(error) and self._leaving(name):
                    return False
                raise
            return True

        self.aws.wait(f"the {self.name} that was called {name} to be gone", create)
        return self._ready(name)

    def _found_again(self, desired: Desired) -> Live | None:
        """What a creation without an answer made, once it serves."""
        found = super()._found_again(desired)
        return found and self._ready(found.id)

    def _leaving(self, name: str) -> bool:
        try:
            return not self.exists(self._described(name))
        except Exception as error:
            if is_absent(error):
                return True
            raise

    def _ready(self, name: str, asked: bool = False) -> Live:
        """Wait until it serves; with `asked`, until its changes are made as well."""

        def look() -> Live | None:
            try:
                raw = self._described(name)
            except Exception as error:
                if is_absent(error):
                    return None
                raise
            state = raw[self.status]
            if state.startswith(FAILED):
                raise RunError(
                    f"{self.name} {name} is {state}: see its events in RDS. Put that"
                    " right, or delete it, and run again."
                )
            busy = state not in READY or _under_way(raw, asked)
            return None if busy else self.seen(raw)

        return self.aws.wait(f"{self.name} {name} to be available", look)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """One modification. RDS refuses it while another is being made."""
        self._ready(live.id)
        wanted = {k: v for k, v in desired.properties.items() if k in changed}
        secrets = ("master_user_password", *HOW)
        together = {k: v for k, v in desired.properties.items() if k in secrets}
        if wanted.get("manage_master_user_password"):
            together.pop("master_user_password", None)
        parameters = self.parameters({**wanted, **together})
        if "enable_cloudwatch_logs_exports" in changed:
            parameters.pop("EnableCloudwatchLogsExports", None)
            parameters["CloudwatchLogsExportConfiguration"] = _logs(
                wanted["enable_cloudwatch_logs_exports"] or (),
                live.properties.get("enable_cloudwatch_logs_exports") or (),
            )
        for name, other in self.renamed.items():
            if name in parameters:
                parameters[other] = parameters.pop(name)
        self.call("modify", **{**parameters, self._id: live.id})
        self._ready(live.id, desired.properties.get("apply_immediately") is True)

    def remove(self, live: Live) -> None:
        """Delete it, with a last snapshot unless told not to, and wait."""
        self._refuse_protected(live)
        parameters = self.last_words(live)

        def gone() -> bool:
            try:
                if self.exists(self._described(live.id)):
                    self.call("delete", **{self._id: live.id}, **parameters)
            except Exception as error:
                if is_absent(error):
                    return True
                # It is being changed or backed up; the next look tries again.
                if "State" not in code(error):
                    raise
            return False

        self.aws.wait(f"{self.name} {live.id} to be deleted", gone)

    def _refuse_protected(self, live: Live) -> None:
        if live.properties.get("deletion_protection"):
            raise RunError(
                f"{self.name} {live.id} is protected by deletion_protection. Declare"
                " it false and apply that, then delete it."
            )

    def last_words(self, live: Live) -> dict[str, Any]:
        """How to delete it: the choices that were applied to it."""
        chosen = live.properties
        parameters: dict[str, Any] = {
            "SkipFinalSnapshot": bool(chosen.get("skip_final_snapshot"))
        }
        if not parameters["SkipFinalSnapshot"]:
            # A name of its own, so that a database of the same name can follow.
            parameters["FinalDBSnapshotIdentifier"] = (
                chosen.get("final_db_snapshot_identifier")
                or f"{live.id}-final-{live.attributes['resource_id']}".lower()
            )
        if chosen.get("delete_automated_backups") is not None:
            parameters["DeleteAutomatedBackups"] = chosen["delete_automated_backups"]
        return parameters


def _under_way(raw: Mapping[str, Any], asked: bool) -> bool:
    """RDS says `available` for a while before it starts on a change."""
    groups = (*raw.get("VpcSecurityGroups", ()), *raw.get("DBParameterGroups", ()))
    states = {g.get("Status", g.get("ParameterApplyStatus")) for g in groups}
    return bool(
        states & {"adding", "removing", "applying"}
        or (asked and raw.get("PendingModifiedValues"))
    )


def _logs(wanted: Iterable[str], there: Iterable[str]) -> dict[str, list[str]]:
    want, have = set(wanted), set(there)
    return {
        "EnableLogTypes": sorted(want - have),
        "DisableLogTypes": sorted(have - want),
    }
