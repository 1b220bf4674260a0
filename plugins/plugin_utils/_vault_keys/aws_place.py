# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key shares in AWS Secrets Manager: one secret a place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._aws.errors import code, explain
from ansible_collections.vigie.run.plugins.module_utils._aws.options import (
    ARGUMENTS,
    session_from,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from .document import Document, load
from .places import Place

_OPTIONS = ("region", "profile", "assume_role", "endpoint_url")


class AwsPlace(Place):
    """One secret, made at the reservation. Its earlier versions are AWS's to forget."""

    def __init__(self, client: Any, secret: str, region: str, kms_key: str) -> None:
        self.name = f"AWS secret {secret} in {region}"
        self._client = client
        self._secret = secret
        self._kms_key = kms_key

    @classmethod
    def from_options(cls, given: Mapping[str, Any]) -> AwsPlace:
        """The place as its options describe it. Raises RunError."""
        params = {name: one.get("default") for name, one in ARGUMENTS.items()}
        params.update({name: given.get(name) for name in _OPTIONS})
        session = session_from(params, connections=1)
        return cls(
            session.client("secretsmanager"),
            given["aws_secret"],
            session.region,
            given.get("kms_key") or "",
        )

    def read(self) -> Document | None:
        """What its current version holds."""
        try:
            found = self._client.get_secret_value(SecretId=self._secret)
        except Exception as error:
            if code(error) == "ResourceNotFoundException":
                return None
            raise self._error("read", error) from None
        return load(found.get("SecretString", ""), self.name)

    def reserve(self, document: Document) -> None:
        """Make the secret if it is missing, then write to it as the shares will be."""
        more = {"KmsKeyId": self._kms_key} if self._kms_key else {}
        try:
            self._client.create_secret(
                Name=self._secret,
                Description="Key shares of Vault, kept by vigie.run.vault_init",
                SecretString=document.dump(),
                **more,
            )
        except Exception as error:
            if code(error) != "ResourceExistsException":
                raise self._error("created", error) from None
        self.write(document)

    def write(self, document: Document) -> None:
        """A new version; botocore repeats it with the same token."""
        try:
            self._client.put_secret_value(
                SecretId=self._secret, SecretString=document.dump()
            )
        except Exception as error:
            raise self._error("written", error) from None

    def _error(self, what: str, error: Exception) -> RunError:
        return RunError(f"{self.name} cannot be {what}: {explain(error)}")
