# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as a play uses it, against botocore's stubber.

Its life against an emulator is in tests/integration/aws/test_cdn.py.
"""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.vigie.run.plugins.module_utils._aws import base, invalidation
from ansible_collections.vigie.run.plugins.modules import cloudfront_invalidation
from botocore.stub import Stubber

EDGE = "E2QWRUHAPOMQZL"
OLD = datetime(2026, 11, 1, tzinfo=UTC)
NEW = datetime(2026, 11, 2, tzinfo=UTC)
BATCH = {
    "CallerReference": "2026.11.3",
    "Paths": {"Quantity": 2, "Items": ["/", "/assets/*"]},
}


class CloudFront:
    """What CloudFront is asked, in order, and what it answers."""

    def __init__(self, monkeypatch):
        self.stubber = None
        original = invalidation.session_from

        def session_from(params):
            session = original(params)
            self.stubber = Stubber(session.client("cloudfront"))
            self.stubber.activate()
            for add in self.calls:
                add(self.stubber)
            return session

        self.calls = []
        monkeypatch.setattr(invalidation, "session_from", session_from)
        hasty = functools.partial(base.Aws, interval=0.01)
        monkeypatch.setattr(invalidation, "Aws", hasty)

    def lists(self, *times):
        items = [
            {"Id": f"I{at}", "CreateTime": time, "Status": "Completed"}
            for at, time in enumerate(times)
        ]
        listed = {
            "Marker": "",
            "MaxItems": 100,
            "IsTruncated": False,
            "Quantity": len(items),
            "Items": items,
        }
        self._add("list_invalidations", {"InvalidationList": listed})

    def makes(self, id_, time, status="InProgress"):
        self._answers("create_invalidation", id_, time, status)

    def reads(self, id_, time, status, batch=None):
        self._answers("get_invalidation", id_, time, status, batch)

    def is_full(self):
        self._refuses("TooManyInvalidationsInProgress")

    def knows_other_paths(self):
        self._refuses("InvalidationBatchAlreadyExists")

    def _refuses(self, code):
        self.calls.append(
            lambda stubber: stubber.add_client_error("create_invalidation", code)
        )

    def _answers(self, operation, id_, time, status, batch=None):
        answer = {
            "Id": id_,
            "Status": status,
            "CreateTime": time,
            "InvalidationBatch": batch or BATCH,
        }
        self._add(operation, {"Invalidation": answer})

    def _add(self, operation, answer):
        self.calls.append(lambda stubber: stubber.add_response(operation, answer))


@pytest.fixture
def cloudfront(monkeypatch):
    there = CloudFront(monkeypatch)
    yield there
    if there.stubber:
        there.stubber.assert_no_pending_responses()


@pytest.fixture
def play(capsys):
    """Run the module's main with options; return its result."""

    def run(**options):
        options = {
            "distribution_id": EDGE,
            "paths": ["/", "/assets/*"],
            "reference": "2026.11.3",
            "access_key": "test",
            "secret_key": "test",
            "wait_timeout": 30,
            **options,
        }
        with patch_module_args(options), pytest.raises(SystemExit):
            cloudfront_invalidation.main()
        return json.loads(capsys.readouterr().out)

    return run


def test_it_is_made_and_waited_for(cloudfront, play):
    cloudfront.lists(OLD)
    cloudfront.makes("I9", NEW)
    cloudfront.reads("I9", NEW, "InProgress")
    cloudfront.reads("I9", NEW, "Completed")
    out = play()
    assert out["changed"]
    assert out["invalidation"]["status"] == "Completed"


def test_without_a_wait_it_is_only_made(cloudfront, play):
    cloudfront.lists()
    cloudfront.makes("I9", NEW)
    out = play(wait=False)
    assert (out["changed"], out["invalidation"]["status"]) == (True, "InProgress")


def test_one_that_was_there_is_no_change_but_is_waited_for(cloudfront, play):
    cloudfront.lists(NEW)
    cloudfront.makes("I0", NEW)
    cloudfront.reads("I0", NEW, "Completed")
    assert not play()["changed"]


def test_one_too_old_to_be_listed_is_no_change(cloudfront, play):
    cloudfront.lists(NEW)
    cloudfront.makes("I-long-ago", OLD, "Completed")
    assert not play()["changed"]


def test_it_waits_for_room(cloudfront, play):
    cloudfront.lists()
    cloudfront.is_full()
    cloudfront.makes("I9", NEW, "Completed")
    assert play()["changed"]


def test_no_room_names_the_quota(cloudfront, play):
    cloudfront.lists()
    cloudfront.is_full()
    out = play(wait=False)
    assert out["failed"]
    assert "3,000 paths, or 15 with *" in out["msg"]


def test_other_paths_of_a_reference_are_refused(cloudfront, play):
    cloudfront.lists()
    cloudfront.knows_other_paths()
    assert "'2026.11.3' was used for other paths" in play()["msg"]


def test_a_wait_ends(cloudfront, play):
    cloudfront.lists()
    cloudfront.makes("I9", NEW)
    cloudfront.reads("I9", NEW, "InProgress")
    out = play(wait_timeout=0.005)
    assert out["failed"]
    assert "complete the invalidation I9" in out["msg"]


def test_check_mode_looks_and_makes_nothing(cloudfront, play):
    cloudfront.lists(NEW, OLD)
    cloudfront.reads("I0", NEW, "Completed", {**BATCH, "CallerReference": "other"})
    cloudfront.reads("I1", OLD, "Completed")
    assert not play(_ansible_check_mode=True)["changed"]


def test_check_mode_foretells(cloudfront, play):
    cloudfront.lists()
    out = play(_ansible_check_mode=True)
    assert out["changed"]
    assert out["invalidation"]["id"] == ""


@pytest.mark.parametrize("path", ["assets", "/a*b", "/é", "/a b"])
def test_paths_are_checked_before_any_call(play, path):
    out = play(paths=["/", path])
    assert "cannot be invalidated: start with /" in out["msg"]


def test_no_paths_and_no_time_are_refused(play):
    assert "paths: name at least one" in play(paths=[])["msg"]
    assert "wait_timeout" in play(wait_timeout=0)["msg"]
