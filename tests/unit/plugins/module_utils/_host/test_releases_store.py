# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders of an application: what counts as a release and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host.disk import Owner
from ansible_collections.vigie.run.plugins.module_utils._host.releases import Release
from ansible_collections.vigie.run.plugins.module_utils._host.releases_store import (
    Store,
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(str(tmp_path / "app"))
    made.prepare()
    return made


def test_a_missing_application_has_no_releases(tmp_path: Path) -> None:
    state = Store(str(tmp_path / "none")).read()
    assert (state.releases, state.active) == ((), "")


def test_what_counts_as_a_release(store: Store) -> None:
    for name in ("1.0", ".hidden"):
        store.tree(name).mkdir()
    (store.releases / "file").touch()
    (store.releases / "link").symlink_to("1.0")
    assert [r.version for r in store.read().releases] == ["1.0"]


def test_what_is_known_comes_back_and_new_fields_do_not_hurt(store: Store) -> None:
    store.tree("1.0").mkdir()
    known = Release("1.0", checksum="aa", staged=3, activated=4, bad=True, reason="x")
    store.save(known)
    path = store.private / "1.0.json"
    path.write_text(path.read_text().replace("{", '{"from_the_future": 1,', 1))
    assert store.read().releases == (known,)


def test_an_unreadable_record_says_what_to_do(store: Store) -> None:
    store.tree("1.0").mkdir()
    (store.private / "1.0.json").write_text("{")
    with pytest.raises(RunError, match=r"1\.0\.json cannot be read .*remove it"):
        store.read()


@pytest.mark.parametrize(
    ("target", "active"),
    [
        ("releases/1.0", "1.0"),
        ("{path}/releases/1.0", "1.0"),
        ("releases/gone", ""),
        ("/etc", ""),
        ("releases/.vigie", ""),
    ],
)
def test_which_release_is_active(store: Store, target: str, active: str) -> None:
    store.tree("1.0").mkdir()
    store.current.symlink_to(target.format(path=store.path))
    assert store.active() == active


def test_a_path_over_a_link_is_the_same_application(store: Store) -> None:
    store.tree("1.0").mkdir()
    store.current.symlink_to("releases/1.0")
    other = store.path.with_name("alias")
    other.symlink_to(store.path)
    seen = Store(str(other))
    assert seen.active() == "1.0"
    assert seen.version_at(f"{store.path}/releases/1.0/sub") == "1.0"


def test_replacing_a_release_never_shows_a_half_one(store: Store) -> None:
    for content in ("old", "new"):
        draft = store.draft()
        (draft / content).touch()
        store.publish(draft, Release("1.0", staged=1))
    assert [p.name for p in store.tree("1.0").iterdir()] == ["new"]
    store.clean()
    assert not list(store.trash.iterdir())


def test_a_link_of_another_tool_to_the_same_shared_folder_will_do(store: Store) -> None:
    store.tree("1.0").mkdir()
    (store.shared / "log").mkdir(parents=True)
    (store.tree("1.0") / "log").symlink_to(store.shared / "log")
    assert store.missing_links(store.tree("1.0"), ("log",)) == ()


def test_a_link_to_somewhere_else_is_not_replaced(store: Store) -> None:
    store.tree("1.0").mkdir()
    (store.tree("1.0") / "log").symlink_to("/var/log")
    with pytest.raises(RunError, match="holds data that the link would hide"):
        store.missing_links(store.tree("1.0"), ("log",))


def test_an_empty_folder_gives_way_to_the_link(store: Store) -> None:
    (store.tree("1.0") / "var/log").mkdir(parents=True)
    store.make_shared(store.absent_shared(("var/log",)), Owner())
    store.link("1.0", store.missing_links(store.tree("1.0"), ("var/log",)), Owner())
    place = store.tree("1.0") / "var/log"
    assert place.resolve() == (store.shared / "var/log").resolve()
    assert store.absent_shared(("var/log",)) == ()
