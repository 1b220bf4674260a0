# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Properties that an RDS instance and an Aurora cluster have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._converge.fields import Field, flag, many, number, text
from .tags import TAGS

_NAME = re.compile(r"[a-z](-?[a-z0-9])*")


def identifier(name: str) -> str | None:
    """What is wrong with the name of an instance or a cluster."""
    if _NAME.fullmatch(name) and len(name) <= 63:
        return None
    return (
        f"is {name!r}; RDS takes at most 63 small letters, digits and single hyphens,"
        " a letter first and no hyphen last"
    )


def kms_arn(key: str) -> str | None:
    """RDS answers with the key's ARN, so nothing else can be compared."""
    if key.startswith("arn:") and ":key/" in key:
        return None
    return f"is {key!r}; give the key's ARN, as AWS shows it (no alias)"


def lower(value: Any) -> Any:
    """RDS writes windows and groups in small letters."""
    return value.lower() if isinstance(value, str) else value


SHARED: dict[str, Field] = {
    "engine_version": text(
        "The engine's version; `16` accepts any 16, `16.3` only that one. A new major"
        " one needs `allow_major_version_upgrade`."
    ),
    "storage_encrypted": flag("Encrypt the storage.", immutable=True),
    "kms_key_id": text("The KMS key's ARN.", immutable=True, check=kms_arn),
    "storage_type": text("Such as gp3, or aurora-iopt1."),
    "iops": number("Provisioned operations a second."),
    "allocated_storage": number(
        "Storage in GiB. It only grows; where RDS grew it up to"
        " `max_allocated_storage` itself, that is no difference."
    ),
    "master_username": text("The first user's name.", immutable=True),
    "master_user_password": text(
        "Its password. AWS never shows it: a new one is sent together with another"
        " change only. Better leave it to `manage_master_user_password`.",
        sensitive=True,
        write_only=True,
    ),
    "manage_master_user_password": flag(
        "Let RDS make the password, keep it in Secrets Manager and rotate it: the"
        " attribute `master_user_secret_arn` says where. Recommended."
    ),
    "master_user_secret_kms_key_id": text(
        "The ARN of the KMS key for that secret.", check=kms_arn
    ),
    "vpc_security_group_ids": many(
        text("A security group."), "Its security groups.", order="set"
    ),
    "port": number("The port it listens on."),
    "backup_retention_period": number("Days that automated backups are kept."),
    "preferred_backup_window": text("When it is backed up, such as 03:00-04:00."),
    "preferred_maintenance_window": text(
        "When it is maintained, such as sun:04:00-sun:05:00.", normal=lower
    ),
    "auto_minor_version_upgrade": flag("Take new minor versions by itself."),
    "copy_tags_to_snapshot": flag("Give snapshots its tags."),
    "deletion_protection": flag("Refuse its deletion until this is false."),
    "enable_iam_database_authentication": flag(
        "Let IAM users log in.", api="EnableIAMDatabaseAuthentication"
    ),
    "enable_cloudwatch_logs_exports": many(
        text("A log's name."), "Logs sent to CloudWatch.", order="set"
    ),
    "enable_performance_insights": flag("Collect what the load is made of."),
    "performance_insights_kms_key_id": text(
        "The ARN of the KMS key for that.",
        api="PerformanceInsightsKMSKeyId",
        check=kms_arn,
    ),
    "performance_insights_retention_period": number("Days that it is kept."),
    "database_insights_mode": text("How much.", choices=("standard", "advanced")),
    "monitoring_interval": number("Seconds between enhanced metrics; 0 for none."),
    "monitoring_role_arn": text("The role that may write them."),
    "network_type": text("Addresses.", choices=("IPV4", "DUAL")),
    "ca_certificate_identifier": text(
        "The authority of its certificate.", api="CACertificateIdentifier"
    ),
    "apply_immediately": flag(
        "Make changes at once and wait for them. Without it AWS makes those that"
        " interrupt the service in the maintenance window, and until then they are"
        " pending, which is no difference.",
        write_only=True,
    ),
    "allow_major_version_upgrade": flag(
        "Let `engine_version` be a new major one.", write_only=True
    ),
    "skip_final_snapshot": flag(
        "Delete it without a last snapshot. Kept as a tag, like the two below: what"
        " counts at a deletion is what was applied before."
    ),
    "final_db_snapshot_identifier": text(
        "The last snapshot's name; without it, the identifier followed by `-final-`"
        " and the database's own AWS id."
    ),
    "delete_automated_backups": flag("Delete the automated backups with it."),
    "tags": TAGS,
}
# How a change is made, and how the database ends: RDS keeps neither.
HOW = ("apply_immediately", "allow_major_version_upgrade")
KEPT = (
    "skip_final_snapshot",
    "final_db_snapshot_identifier",
    "delete_automated_backups",
)


def first_user(properties: Mapping[str, Any]) -> list[str]:
    """Who may log in first: one password, from one source."""
    given = properties.get("master_user_password") is not None
    managed = properties.get("manage_master_user_password")
    if given and managed is True:
        return [
            "master_user_password: RDS makes it, as manage_master_user_password says;"
            " declare one of the two"
        ]
    if not given and managed in (None, False):
        return [
            "manage_master_user_password: declare it true (recommended), or give a"
            " master_user_password"
        ]
    if properties.get("master_username") is None:
        return ["master_username: a new database needs the name of its first user"]
    return []
