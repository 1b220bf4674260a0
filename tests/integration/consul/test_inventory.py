# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of a real catalog: groups, variables, calls, cache, and trouble."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.vigie.run.plugins.inventory.consul import EXAMPLES

from lab.consul_cluster import Cluster, await_true
from tests.integration.consul.inventories import Platform, Reader, limited
from tests.integration.front import front


@pytest.fixture
def platform(cluster: Cluster) -> Iterator[Platform]:
    """Web servers in three zones, of which one fails and one is away; a database."""
    made = Platform(cluster)
    made.node("web-a1", "10.0.0.1", zone="a", role="replica")
    made.node("web-b1", "10.0.0.2", zone="b", role="replica")
    made.node("web-c1", "10.0.0.3", zone="c", role="primary")
    made.node("db-a1", "10.0.0.9", zone="a")
    for name in ("web-a1", "web-b1", "web-c1"):
        made.service(name, "portal", "v4", "public", port=8080)
        made.check(name, "alive", "passing")
        made.check(name, "service:portal", "passing", "portal")
    made.check("web-b1", "service:portal", "critical", "portal")
    made.check("web-c1", "_node_maintenance", "critical")
    made.service("db-a1", "postgres", "primary", port=5432)
    yield made
    made.remove()


@pytest.fixture
def reader(cluster: Cluster, tmp_path: Path) -> Reader:
    return Reader(tmp_path, cluster)


def only(platform: Platform) -> str:
    """The filter that leaves other tests' nodes out."""
    return f'Meta.platform == "{platform.mark}"'


def test_hosts_are_grouped_by_service_tag_zone_and_health(
    platform: Platform, reader: Reader
) -> None:
    found = reader.read(filter=only(platform))
    web_a, web_b, web_c, database = platform.nodes
    assert found.hosts("service_portal") == [web_a, web_b, web_c]
    assert found.hosts("service_postgres") == [database]
    assert found.hosts("tag_v4") == [web_a, web_b, web_c]
    assert found.hosts("tag_primary") == [database]
    assert found.hosts("zone_a") == sorted([web_a, database])
    assert found.hosts("consul_passing") == sorted([web_a, database])
    assert found.hosts("consul_critical") == [web_b]
    assert found.hosts("consul_maintenance") == [web_c]
    variables = found.variables(web_b)
    assert variables["ansible_host"] == "10.0.0.2"
    assert variables["consul_catalog"] == {
        "node": web_b,
        "datacenter": "lab",
        "address": "10.0.0.2",
        "meta": {"platform": platform.mark, "zone": "b", "role": "replica"},
        "status": "critical",
        "services": {
            "portal": {
                "service": "portal",
                "tags": ["v4", "public"],
                "address": "10.0.0.2",
                "port": 8080,
                "meta": {},
                "status": "critical",
            }
        },
    }
    away = found.variables(web_c)["consul_catalog"]["services"]["portal"]
    assert away["status"] == "maintenance", "its node is"
    assert found.told == ""


def test_the_number_of_calls_does_not_grow_with_the_nodes(
    platform: Platform, reader: Reader
) -> None:
    """Three, and one for each name of a service."""
    plain = {"consul_ca_path": None, "filter": only(platform)}
    with front(platform.cluster) as way:
        few = reader.read(consul_url=way.url, **plain)
        asked, way.seen = way.seen, []
        platform.crowd(150)
        many = reader.read(consul_url=way.url, **plain)
        assert len(few.hosts("service_portal")) == 3
        assert len(many.hosts("service_portal")) == 153
        assert len(many.hosts("consul_critical")) == 3
        new = [one for one in way.seen if one not in asked]
        assert [path.split("?")[0] for _method, path in new] == [
            "/v1/catalog/service/exporter"
        ]
        assert len(way.seen) == len(asked) + 1
        way.seen = []
        reader.read(consul_url=way.url, **plain, services=["portal"])
        assert sorted(path.split("?")[0] for _method, path in way.seen) == [
            *("/v1/catalog/nodes", "/v1/catalog/service/portal", "/v1/health/state/any")
        ]


def test_tags_are_those_of_the_service_and_not_of_its_checks(
    platform: Platform, reader: Reader
) -> None:
    """Consul leaves the tags that a check carries as they were at its registration."""
    platform.service("web-a1", "portal", "v5")
    found = reader.read(filter=only(platform))
    assert found.hosts("tag_v5") == [platform.nodes[0]]
    assert platform.nodes[0] not in found.hosts("tag_v4")


def test_hosts_are_chosen_and_named_as_asked_for(
    platform: Platform, reader: Reader
) -> None:
    platform.service("web-a1", "canary", "v5", number="canary-1")
    platform.check("web-a1", "service:canary", "critical", "canary-1")
    found = reader.read(
        filter=only(platform),
        services=["portal", "nowhere"],
        service_tags=["v4", "public"],
        statuses=["passing", "maintenance"],
        hostnames=["name.datacenter"],
        addresses=["address.wan"],
        meta_variables={"zone": "zone", "rotation_role": "role"},
        meta_groups=["role"],
        group_by=["service", "datacenter"],
        group_prefixes={"service": "", "datacenter": "in_"},
    )
    web_a, web_c = f"{platform.nodes[0]}.lab", f"{platform.nodes[2]}.lab"
    assert found.hosts("portal") == [web_a, web_c]
    assert found.groups() == {"portal", "in_lab", "role_replica", "role_primary"}
    variables = found.variables(web_c)
    assert variables["ansible_host"] == "192.0.2.2"
    assert (variables["zone"], variables["rotation_role"]) == ("c", "primary")
    assert "services: no instance of nowhere is there" in found.told


def test_groups_and_variables_are_constructed(
    platform: Platform, reader: Reader
) -> None:
    found = reader.read(
        filter=only(platform),
        compose={"portal_port": "consul_catalog.services.portal.port"},
        groups={"databases": "'postgres' in consul_catalog.services"},
        keyed_groups=[{"key": "consul_catalog.meta.role", "prefix": "role"}],
    )
    web_a, _web_b, web_c, database = platform.nodes
    assert found.variables(web_a)["portal_port"] == 8080
    assert "portal_port" not in found.variables(database)
    assert found.hosts("databases") == [database]
    assert found.hosts("role_primary") == [web_c]
    said = reader.refused(
        filter=only(platform), strict=True, compose={"x": "consul_catalog.y.z"}
    )
    assert "Could not set x for host" in said


def test_the_cache_answers_what_it_was_asked_and_holds_no_token(
    platform: Platform, reader: Reader, tmp_path: Path
) -> None:
    kept = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
        "filter": only(platform),
        "consul_ca_path": None,
    }
    with front(platform.cluster) as way:
        first = reader.read(consul_url=way.url, **kept)
        way.seen = []
        assert reader.read(consul_url=way.url, **kept).listed == first.listed
        by_zone = reader.read(consul_url=way.url, **kept, group_by=["status"])
        assert len(by_zone.hosts("consul_critical")) == 1
        assert way.seen == []
        other = reader.read(consul_url=way.url, **kept, services=["postgres"])
        assert other.hosts("service_postgres") == [platform.nodes[3]]
        assert way.seen
        way.seen = []
        reader.read("--flush-cache", consul_url=way.url, **kept)
        assert way.seen
    (file,) = (tmp_path / "cache").iterdir()
    assert platform.nodes[0] in file.read_text()
    assert platform.cluster.token not in file.read_text()


def test_the_token_comes_from_a_file_or_the_environment(
    platform: Platform, reader: Reader, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(f"{platform.cluster.token}\n")
    chosen = {"filter": only(platform), "consul_token": None}
    found = reader.read(**chosen, consul_token_file=str(file))
    assert len(found.hosts("service_portal")) == 3
    assert platform.cluster.token not in str(found.listed)
    reader.env = {"CONSUL_HTTP_TOKEN_FILE": str(file)}
    assert len(reader.read(**chosen).hosts("service_portal")) == 3
    # What is written wins over the environment.
    reader.env = {"CONSUL_HTTP_TOKEN": "0" * 8 + "-0000-0000-0000-" + "0" * 12}
    assert "does not know the token" in reader.refused(**chosen)
    assert reader.read(**chosen, consul_token_file=str(file)).hosts("zone_a")
    assert "give one of them" in reader.refused(consul_token_file=str(file))
    reader.env = {}
    file.write_text("two words\n")
    said = reader.refused(consul_token=None, consul_token_file=str(file))
    assert f"{file} must hold one token, alone" in said
    said = reader.refused(consul_token=None, consul_token_file=str(tmp_path / "none"))
    assert "none cannot be read: No such file or directory" in said


def test_a_token_that_sees_nothing_names_the_rule(
    platform: Platform, reader: Reader
) -> None:
    assert "it takes the rule node:read" in reader.refused(consul_token=None)
    token = limited(platform.cluster, 'node_prefix "" { policy = "read" }')
    found = reader.read(consul_token=token)
    assert platform.nodes[0] in found.hosts("zone_a")
    assert "the token lacks service:read" in found.told


@pytest.mark.parametrize("example", list(yaml.safe_load_all(EXAMPLES)))
def test_the_examples_work(
    example: dict[str, Any], platform: Platform, reader: Reader
) -> None:
    """As they are written, but for where they would look and keep."""
    elsewhere = {"datacenters", "consul_url", "consul_ca_path", "consul_token_file"}
    given = {key: value for key, value in example.items() if key not in elsewhere}
    if "cache_connection" in given:
        given["cache_connection"] = str(reader.folder / "cache")
    given["filter"] = only(platform)
    found = reader.read(**given)
    assert found.hosts("zone_a")


def test_mistakes_are_told_together(reader: Reader) -> None:
    said = reader.refused(service=["portal"], hostnames=["fqdn"])
    assert "service: there is no such option; did you mean services?" in said
    assert "hostnames: 'fqdn' is none of name, name.datacenter" in said
    said = reader.refused(datacenters=["paris"])
    assert "Consul knows no datacenter 'paris'; it knows lab" in said
    said = reader.refused(filter="Meta.x = 1")
    assert "filter: Consul cannot use 'Meta.x = 1': 1:8 (7): no match found" in said


def test_without_a_leader_only_stale_reads_go_on(reader: Reader) -> None:
    for server in reader.cluster.servers[1:]:
        server.kill()
    # A leader that lost the others leads on for a moment.
    await_true("no leader", lambda: reader.cluster.ask("status/leader") == "")
    assert "has no cluster leader" in reader.refused()
    assert reader.read(stale=True).hosts("service_consul") == ["s1", "s2", "s3"]


def test_a_frozen_server_is_told_within_the_time_out(reader: Reader) -> None:
    reader.cluster.servers[0].freeze()
    started = time.monotonic()
    said = reader.refused(consul_timeout=1.0)
    assert "cannot be reached: no answer within 1 s" in said
    assert time.monotonic() - started < 10
