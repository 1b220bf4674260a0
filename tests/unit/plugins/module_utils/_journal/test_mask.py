# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._journal import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("http://op:hunter2@db:80/x", "http://***@db:80/x"),
        ("GET /x?token=hunter2&page=3", "GET /x?token=***&page=3"),
        ("Authorization: Bearer hunter2hunter2", "Authorization: *** ***"),
        ("sent X-Consul-Token: hunter2", "sent X-Consul-Token: ***"),
        ('{"password": "hunter2", "user": "op"}', '{"password": ***, "user": "op"}'),
        ("db_password='hunter 2' refused", "db_password=*** refused"),
        ("-----BEGIN RSA PRIVATE KEY-----\nhunter2", "***"),
    ],
)
def test_credentials_in_a_text_are_masked(text, masked):
    result = mask.masker()(text)
    assert "hunter" not in result
    if "Bearer" not in text:
        assert result == masked


@pytest.mark.parametrize(
    "text",
    [
        "gate health: http://10.0.0.1:8080/health answered 503 starting 3.0.0",
        "the token was refused by http://127.0.0.1:8500",
        "unit portal.service is failed, expected active",
        "Sum sha256:0011aabb does not match",
    ],
)
def test_innocent_texts_are_left_alone(text):
    assert mask.masker({"abc"})(text) == text  # too short to be masked


def test_known_secrets_are_masked_longest_first_and_line_by_line():
    masked = mask.masker({"hunter", "hunter-and-more", "one line\nanother line"})
    assert masked("a hunter-and-more b hunter") == "a *** b ***"
    assert masked("it said: another line!") == "it said: ***!"


def test_secret_values_are_found_by_telling_names_at_any_depth():
    options = {
        "url": "http://x",
        "consul_token": "t0",
        "auth": {"db": [{"password": "p0"}]},
        "headers": {"X-Api-Key": "k0"},
        "credentials": {"user": "u0", "pin": 1234},
        "keep": 5,
        "force": True,
    }
    assert mask.secret_values(options) == {"t0", "p0", "k0", "u0", "1234"}


def test_environment_values_but_those_of_harmless_names():
    layers = [{"PATH": "/usr/bin", "DB": "x1"}, {"LC_ALL": "C.UTF-8", "N": 3}]
    assert mask.environment_values(layers) == {"x1", "3"}
    assert mask.environment_values(None) == set()
    assert mask.environment_values("{{ env }}") == set()
