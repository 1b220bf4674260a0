# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""How we reach AWS: credentials, clients, and which failed calls are tried again.

botocore does the work: its credential chain, its standard retries with backoff and
jitter, its pages. We add the one thing that it cannot know: a creation whose answer
was lost may have taken effect, and must not simply be sent again.
"""

from __future__ import annotations

import atexit
import gc
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import UncertainCreationError
from .models import find_quickly

try:
    import botocore.config
    import botocore.credentials
    import botocore.exceptions
    import botocore.session

    BOTOCORE_ERROR = None
except ImportError as error:
    BOTOCORE_ERROR = error

# A creation that failed in one of these ways may have taken effect all the same.
LOST_ANSWERS = (
    "ReadTimeoutError",
    "ConnectionClosedError",
    "ResponseStreamingError",
    "IncompleteReadError",
)
CREATIONS = ("Create", "Allocate", "Run", "Register", "Request", "Start")


@dataclass(frozen=True)
class Connection:
    """Where and as whom: what botocore does not find for itself.

    endpoint_url is another place than AWS's own (an emulator, a VPC endpoint).
    assume_role is a role's ARN; the session that assumes it is named session_name.
    """

    region: str | None = None
    profile: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    session_token: str | None = None
    assume_role: str | None = None
    external_id: str | None = None
    session_name: str = "vigie.run"
    endpoint_url: str | None = None
    ca_bundle: str | None = None
    validate_certs: bool = True


class Session:
    """Clients by service name: made when first asked for, and kept.

    Making a client is CPU-bound and not thread-safe, so it happens under a lock;
    using one is thread-safe. `calls` counts the requests that were sent.
    """

    def __init__(self, connection: Connection, connections: int = 16) -> None:
        self.calls = 0
        self._connection = connection
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._lock = threading.Lock()
        self._config = botocore.config.Config(
            retries={"mode": "standard", "total_max_attempts": 8},
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=max(connections, 10),
            user_agent_extra="vigie.run",
        )
        self._session = botocore.session.Session(profile=connection.profile)
        find_quickly(self._session)
        # Before it ends, Python would look for garbage among a million objects that
        # clients consist of: a tenth of the time of a run that changes nothing.
        atexit.register(gc.freeze)
        if connection.access_key:
            self._session.set_credentials(
                connection.access_key, connection.secret_key, connection.session_token
            )
        self.region = connection.region or self._session.get_config_variable("region")
        if connection.assume_role:
            self._assume_role()

    def client(self, service: str, region: str | None = None) -> Any:
        """The botocore client of a service, in the session's region or another.

        Some global services live in one region: certificates and web ACLs of
        CloudFront are in us-east-1.
        """
        region = region or self.region
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._make(service, region)
            return self._clients[service, region]

    def _make(self, service: str, region: str | None) -> Any:
        to = self._connection
        client = self._session.create_client(
            service,
            region_name=region,
            endpoint_url=to.endpoint_url,
            verify=(to.ca_bundle or True) if to.validate_certs else False,
            config=self._config,
        )
        name = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register_first(f"needs-retry.{name}", stop_blind_retry)
        client.meta.events.register(f"before-send.{name}", self._count)
        return client

    def _count(self, **_event: Any) -> None:
        self.calls += 1

    def _assume_role(self) -> None:
        to = self._connection
        arguments = {"RoleSessionName": to.session_name}
        if to.external_id:
            arguments["ExternalId"] = to.external_id
        fetcher = botocore.credentials.AssumeRoleCredentialFetcher(
            client_creator=self._create_sts,
            source_credentials=self._session.get_credentials(),
            role_arn=to.assume_role,
            extra_args=arguments,
        )
        self._session._credentials = (
            botocore.credentials.DeferredRefreshableCredentials(
                method="assume-role", refresh_using=fetcher.fetch_credentials
            )
        )

    def _create_sts(self, service: str, **arguments: Any) -> Any:
        to = self._connection
        return self._session.create_client(
            service,
            region_name=self.region,
            endpoint_url=to.endpoint_url,
            verify=(to.ca_bundle or True) if to.validate_certs else False,
            **arguments,
        )


def stop_blind_retry(
    response: Any = None,
    operation: Any = None,
    caught_exception: Exception | None = None,
    **_event: Any,
) -> None:
    """Raise UncertainCreationError where botocore would send a creation once more.

    Operations with a token of their own are safe: botocore sends the same token
    again and AWS answers with what the first call made. A throttled call had no
    effect, so those are left to botocore as well.
    """
    if not operation.name.startswith(CREATIONS) or operation.idempotent_members:
        return
    if caught_exception is not None:
        if type(caught_exception).__name__ in LOST_ANSWERS:
            raise UncertainCreationError(f"{operation.name}: {caught_exception}")
        return
    status = response[0].status_code if response else 0
    if status >= 500 and not _throttled(response[1]):
        raise UncertainCreationError(f"{operation.name} was answered with {status}")


def _throttled(parsed: Mapping[str, Any]) -> bool:
    code = parsed.get("Error", {}).get("Code", "")
    return "Throttl" in code or code in ("RequestLimitExceeded", "SlowDown")
