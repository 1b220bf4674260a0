# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and values in Route 53's spelling, and back."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.dns import (
    domain,
    refused,
    txt_value,
    value_text,
    zone_id,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("WWW.Example.CA.", "www.example.ca"),
        (r"\052.example.ca.", "*.example.ca"),
        ("_dmarc.example.ca", "_dmarc.example.ca"),
    ],
)
def test_a_name_has_one_spelling(written: str, one: str) -> None:
    assert domain(written) == one


def test_a_zone_is_its_id() -> None:
    assert zone_id("/hostedzone/Z1") == zone_id("Z1") == "Z1"


@pytest.mark.parametrize("name", ["example.ca", "*.example.ca.", "_a.b-c.ca", "1.ca"])
def test_names_of_domains_pass(name: str) -> None:
    assert refused(name) is None


@pytest.mark.parametrize(
    "name", ["", "a..ca", "-a.ca", "a b.ca", "é.ca", f"{'a' * 64}.ca", "a." * 130]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    assert "is no domain name" in refused(name)


def test_a_long_text_is_put_in_pieces() -> None:
    sent = txt_value("x" * 600)
    assert [len(piece) for piece in sent.split(" ")] == [257, 257, 92]


def test_what_is_quoted_already_is_sent_as_it_is() -> None:
    assert txt_value('"a" "b"') == '"a" "b"'
    assert value_text('"a" "b"') == "ab"
    assert value_text('0 issue "amazon.com"') == '0 issue "amazon.com"'


@given(st.text().filter(lambda text: not text.startswith('"')))
def test_a_text_comes_back_as_it_was(text: str) -> None:
    assert value_text(txt_value(text)) == text
