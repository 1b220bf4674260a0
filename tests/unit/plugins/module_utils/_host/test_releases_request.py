# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the module release: what is refused before a host is looked at."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host.releases_request import (
    from_options,
)

GOOD = {"path": "/srv/app", "version": "1.0", "state": "active"}


def test_options_become_a_request() -> None:
    request = from_options(
        {**GOOD, "path": "/srv//app/", "src": None, "shared": ["a/"]}
    )
    assert (request.path, request.src, request.shared) == ("/srv/app", "", ("a",))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": "srv/app"}, "path: 'srv/app' is not absolute"),
        ({"version": "a/b"}, "version: 'a/b' cannot be a release"),
        ({"version": "previous", "state": "staged"}, "only with state=active"),
        ({"version": "previous", "src": "/a.tar"}, "src: version=previous"),
        ({"src": "a.tar"}, "src: 'a.tar' is neither an absolute path"),
        ({"src": "ftp://h/a.tar"}, "neither an absolute path"),
        ({"src": "https://h/a.tar"}, "checksum: an archive from the network"),
        ({"keep": -1}, "keep: -1 is below 0"),
        ({"mark_bad": ["2.0"]}, "reason: mark_bad needs it"),
        ({"mark_bad": ["previous"], "reason": "x"}, "only with state=active"),
        ({"shared": ["../x"]}, "shared: '../x' must be a relative path"),
        ({"shared": ["a"], "shared_files": ["a/b"]}, "'a/b' lies inside 'a'"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RunError) as caught:
        from_options({**GOOD, **options})
    assert message in str(caught.value)
