# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection belongs to one process, and is kept for all that it asks."""

from __future__ import annotations

import os

import pytest
from ansible_collections.vigie.run.plugins.module_utils._consul.client import Access
from ansible_collections.vigie.run.plugins.plugin_utils._consul_access import (
    kept_session,
)
from ansible_collections.vigie.run.tests.unit.fakes.answering import Answering


# The server of the test is a thread; the child leaves it alone.
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_one_connection_a_process_also_after_a_fork() -> None:
    with Answering(lambda *_request: (200, '"10.0.0.1:8300"')) as consul:
        access = Access(consul.url)

        def ask() -> str:
            return kept_session(access).get("status/leader", needs="nothing")

        assert ask() == ask()
        assert consul.connections == 1
        child = os.fork()
        if not child:
            # Nothing of the test's own may run in here.
            os._exit(0 if ask() == ask() else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert consul.connections == 2
        ask()
        assert consul.connections == 2


def test_another_datacenter_or_token_is_another_session() -> None:
    access = Access("http://127.0.0.1:1")
    assert kept_session(access) is kept_session(Access("http://127.0.0.1:1"))
    assert kept_session(access) is not kept_session(access, "paris")
    other = Access("http://127.0.0.1:1", token="t")
    assert kept_session(access) is not kept_session(other)
