# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no emulator can do, played by botocore's stubber.

The stubber holds each call and each answer against Amazon's model of the service.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.provider import AwsProvider
from ansible_collections.vigie.run.plugins.module_utils._aws.session import (
    Connection,
    Session,
)
from botocore.stub import Stubber

from lab.emulators import REGION

STACK = "portal"


class Calls:
    """The calls that a type is to make, in order, with what they are answered."""

    def __init__(self, name: str, *services: str) -> None:
        session = Session(Connection(REGION, access_key="test", secret_key="test"))
        aws = Aws(session, STACK, wait_timeout=5, interval=0.01)
        self.type = AwsProvider(aws).types[name]
        self._stubbers = {each: Stubber(aws.client(each)) for each in services}
        self.service = services[0]
        for stubber in self._stubbers.values():
            stubber.activate()

    def expect(
        self, operation: str, answer: dict, service: str = "", **parameters: Any
    ) -> None:
        """A call of the first service, or of another."""
        stubber = self._stubbers[service or self.service]
        stubber.add_response(operation, answer, parameters)

    def expect_refusal(self, operation: str, code: str, **parameters: Any) -> None:
        """A call that the first service refuses."""
        stubber = self._stubbers[self.service]
        stubber.add_client_error(operation, code, expected_params=parameters)

    def done(self) -> None:
        """All of them were made."""
        for stubber in self._stubbers.values():
            stubber.assert_no_pending_responses()
