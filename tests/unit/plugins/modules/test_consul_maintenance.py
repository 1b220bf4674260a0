# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module's decisions and errors; the real Consul is in the role's scenario."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.vigie.run.plugins.modules import consul_maintenance
from ansible_collections.vigie.run.tests.unit.fakes.answering import Answering


class Agent:
    """Just enough of an agent: checks that maintenance makes, and a catalog."""

    def __init__(self):
        self.checks = {}
        self.leader = "10.0.0.1:8300"
        self.synced = True
        self.denied = False

    def __call__(self, method, path, _headers):
        url = urlsplit(path)
        query = parse_qs(url.query)
        name = url.path.removeprefix("/v1/")
        if method == "PUT":
            return self._put(name, query)
        answers = {
            "status/leader": self.leader,
            "agent/checks": {} if self.denied else self.checks,
            "agent/services": {"web": {}},
            "agent/service/web": {"ID": "web", "Service": "web"},
            "health/node/web-a1": list(self.checks.values()) if self.synced else [],
        }
        if name not in answers:
            return 404, f"unknown service ID: {name}"
        return 200, json.dumps(answers[name])

    def _put(self, name, query):
        if self.denied:
            return 403, "Permission denied"
        check = "_node_maintenance"
        if name.startswith("agent/service/"):
            check = "_service_maintenance:" + name.rsplit("/", 1)[1]
        if query["enable"] == ["true"]:
            self.checks[check] = {
                "Node": "web-a1",
                "CheckID": check,
                "Notes": query["reason"][0],
            }
        else:
            self.checks.pop(check, None)
        return 200, ""


@pytest.fixture
def agent():
    return Agent()


@pytest.fixture
def play(agent, capsys):
    """Run the module's main with options; return its result."""
    with Answering(agent) as server:

        def run(state, **options):
            options = {"consul_url": server.url, "consul_timeout": 0.5, **options}
            args = {"state": state, **options}
            with patch_module_args(args), pytest.raises(SystemExit):
                consul_maintenance.main()
            return json.loads(capsys.readouterr().out)

        run.server = server
        yield run


@pytest.mark.parametrize("service", [None, "web"])
def test_on_and_off_each_once(play, agent, service):
    options = {"reason": "deploy 2.0.0 & more"}
    if service:
        options["service"] = service
    on = play("enabled", **options)
    assert (on["changed"], on["maintenance"]) == (True, True)
    assert on["diff"]["before"] == {"maintenance": False, "reason": ""}
    assert [check["Notes"] for check in agent.checks.values()] == [options["reason"]]
    assert not play("enabled", **options)["changed"]
    assert play("disabled", **options)["changed"]
    assert agent.checks == {}
    assert not play("disabled", **options)["changed"]


def test_check_mode_foretells_and_touches_nothing(play):
    out = play("enabled", reason="patch", _ansible_check_mode=True)
    assert (out["changed"], out["reason"]) == (True, "patch")
    assert {method for method, _path in play.server.requests} == {"GET"}


def test_somebody_elses_maintenance_is_neither_renamed_nor_ended(play, agent):
    play("enabled", reason="disk (Ana)")
    taken = play("enabled", reason="patch")
    assert (taken["changed"], taken["foreign"]) == (False, True)
    refused = play("enabled", reason="patch", foreign="refuse")
    assert "already in maintenance for another reason: 'disk (Ana)'" in refused["msg"]
    assert taken["reason"] == "disk (Ana)"
    refused = play("disabled", reason="patch")
    assert refused["failed"]
    assert "another reason: 'disk (Ana)', not 'patch'" in refused["msg"]
    assert agent.checks
    assert play("disabled", reason="patch", force=True)["changed"]
    assert agent.checks == {}


def test_without_a_leader_nothing_is_changed(play, agent):
    agent.leader = ""
    out = play("enabled")
    assert "has no cluster leader" in out["msg"]
    assert agent.checks == {}


@pytest.mark.parametrize(
    ("options", "rule"),
    [({}, "node:write for this node"), ({"service": "web"}, "service:write for 'web'")],
)
@pytest.mark.parametrize("state", ["enabled", "disabled"])
def test_a_denial_names_the_rule_and_is_never_taken_for_done(
    play, agent, state, options, rule
):
    """A token without rights sees no checks: that must not read as "disabled"."""
    agent.checks["_node_maintenance"] = {"Node": "web-a1", "Notes": "patch"}
    agent.denied = True
    out = play(state, reason="patch", **options)
    assert out["failed"]
    assert f"it takes the rule {rule}" in out["msg"]


def test_a_catalog_that_does_not_follow_is_told(play, agent):
    agent.synced = False
    out = play("enabled")
    assert "the catalog does not show it after 0.5 s" in out["msg"]


def test_an_unknown_service_is_told_with_those_there_are(play):
    out = play("enabled", service="wob")
    assert out["msg"] == (
        "service: the agent has no service with the id 'wob'; it has: web"
    )
