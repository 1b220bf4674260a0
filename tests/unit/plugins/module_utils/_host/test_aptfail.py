# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What apt-get and dpkg print when they fail, as one message."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._host.aptfail import explain

OUT = """\
Setting up patch-test-a (2) ...
all is well with this one
Setting up patch-test-b (2) ...
the disk of the archive is gone
Processing triggers for man-db (2.11.2-2) ...
Errors were encountered while processing:
 patch-test-b
"""
ERR = """\
debconf: delaying package configuration, since apt-utils is not installed
dpkg: error processing package patch-test-b (--configure):
 installed package post-installation script subprocess returned error exit status 3
E: Sub-process /usr/bin/dpkg returned an error code (1)
"""
FETCH = """\
W: Failed to fetch http://me:secret@mirror/dists/x/InRelease  Could not connect
E: Some index files failed to download.
"""


def test_a_failing_script_is_named_with_its_last_lines():
    error = explain("upgrade", OUT, ERR)
    assert error.details["failed_packages"] == ["patch-test-b"]
    said = str(error)
    assert "package patch-test-b failed" in said
    assert "the disk of the archive is gone" in said
    assert "exit status 3" in said
    assert "all is well" not in said
    assert "debconf" not in said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FETCH, "http://***@mirror/dists/x/InRelease Could not connect"),
        (
            "E: The repository 'http://mirror trixie Release' has no Release file.",
            "http://mirror trixie Release",
        ),
        ("W: GPG error: http://mirror trixie InRelease: NO_PUBKEY 1F", "NO_PUBKEY 1F"),
        (
            "E: You don't have enough free space in /var/cache/apt/archives/.",
            "not enough disk space. apt says: E: You don't have enough free space in",
        ),
        (
            "dpkg: error processing archive /x.deb (--unpack):\n"
            " cannot copy: failed to write (No space left on device)",
            "not enough disk space",
        ),
        (
            "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process"
            " 42 (unattended-upgr)",
            "/var/lib/dpkg/lock-frontend is held by process 42 (unattended-upgr)",
        ),
        (
            "The following packages have unmet dependencies:\n a : Depends: b (= 2)",
            "a : Depends: b (= 2)",
        ),
        ("E: Packages need to be removed but remove is disabled.", "allow_removals"),
        ("E: something new", "E: something new"),
        ("", "no message was given"),
    ],
)
def test_the_cause_is_worded(text, expected):
    said = str(explain("upgrade", "", text))
    assert said.startswith("Could not upgrade: ")
    assert expected in said
    assert "secret" not in said
