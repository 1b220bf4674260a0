# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives: what is refused before anything is written, and what is unpacked."""

from __future__ import annotations

import http.server
import os
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import archive, disk
from ansible_collections.vigie.run.tests.unit.fakes.tarballs import build, member

FILES = {"app-1/app.py": b"print(1)\n", "app-1/static/a.css": b"a{}\n"}


def unpack(path: Path, into: Path, strip: str = "auto") -> None:
    into.mkdir()
    listing = archive.scan(path, strip)
    archive.unpack(path, into, listing, disk.Owner(), path.name)


def tree(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


@pytest.mark.parametrize("mode", ["w:", "w:gz", "w:bz2", "w:xz"])
def test_every_compression_unpacks_and_the_top_folder_goes(
    tmp_path: Path, mode: str
) -> None:
    build(tmp_path / "a.tar", FILES, mode=mode)
    unpack(tmp_path / "a.tar", tmp_path / "out")
    assert tree(tmp_path / "out") == ["app.py", "static", "static/a.css"]
    assert (tmp_path / "out/app.py").read_bytes() == b"print(1)\n"


@pytest.mark.parametrize(
    ("files", "strip", "expected"),
    [
        (
            FILES,
            "never",
            ["app-1", "app-1/app.py", "app-1/static", "app-1/static/a.css"],
        ),
        ({"./app.py": b"", "./b": b""}, "auto", ["app.py", "b"]),
        ({"app.py": b""}, "auto", ["app.py"]),
    ],
)
def test_the_top_folder_goes_only_when_it_is_one(
    tmp_path: Path, files: dict[str, bytes], strip: str, expected: list[str]
) -> None:
    build(tmp_path / "a.tar", files)
    unpack(tmp_path / "a.tar", tmp_path / "out", strip)
    assert tree(tmp_path / "out") == expected


def test_strip_always_wants_a_single_folder(tmp_path: Path) -> None:
    build(tmp_path / "a.tar", {"a/x": b"", "b/x": b""})
    with pytest.raises(RunError, match=r"strip: .* has no single folder .* a, b"):
        archive.scan(tmp_path / "a.tar", "always")


SYM, LNK = tarfile.SYMTYPE, tarfile.LNKTYPE


@pytest.mark.parametrize(
    ("evil", "named"),
    [
        ([member("/etc/passwd")], "/etc/passwd"),
        ([member("a/../../x")], "a/../../x"),
        ([member("a/dev", tarfile.CHRTYPE)], "a/dev"),
        ([member("a/pipe", tarfile.FIFOTYPE)], "a/pipe"),
        ([member("a/l", SYM, linkname="/etc")], "a/l"),
        ([member("a/l", SYM, linkname="../../x")], "a/l"),
        ([member("a/h", LNK, linkname="../../etc/shadow")], "shadow"),
        ([member("a/l", SYM, linkname="b"), member("a/l/x")], "a/l/x"),
    ],
)
def test_an_archive_that_reaches_outside_is_refused_before_writing(
    tmp_path: Path, evil: list[tarfile.TarInfo], named: str
) -> None:
    build(tmp_path / "a.tar", {"a/ok": b"x"}, *evil)
    with pytest.raises(RunError, match="not safe") as caught:
        archive.scan(tmp_path / "a.tar", "auto")
    assert named in str(caught.value)


def test_links_over_links_are_followed_as_the_kernel_would(tmp_path: Path) -> None:
    # Each link looks harmless by its text; together they lead two folders up.
    build(
        tmp_path / "a.tar",
        {"deep/er/ok": b"x", "top": b""},
        member("deep/er/l", SYM, linkname="../.."),
        member("m", SYM, linkname="deep/er/l/../.."),
    )
    with pytest.raises(RunError, match=r"link 'm' leads outside"):
        unpack(tmp_path / "a.tar", tmp_path / "out")


def test_a_link_out_of_the_stripped_folder_is_refused(tmp_path: Path) -> None:
    build(tmp_path / "a.tar", FILES, member("app-1/l", SYM, linkname="../x"))
    with pytest.raises(RunError, match="leads outside"):
        unpack(tmp_path / "a.tar", tmp_path / "out")


def test_links_inside_are_kept(tmp_path: Path) -> None:
    build(
        tmp_path / "a.tar",
        FILES,
        member("app-1/soft", SYM, linkname="static/a.css"),
        member("app-1/hard", LNK, linkname="app-1/app.py"),
        member("app-1/loop", SYM, linkname="loop"),
    )
    unpack(tmp_path / "a.tar", tmp_path / "out")
    assert (tmp_path / "out/soft").read_bytes() == b"a{}\n"
    assert (tmp_path / "out/hard").samefile(tmp_path / "out/app.py")


def test_modes_lose_what_is_dangerous_and_keep_what_runs(tmp_path: Path) -> None:
    build(
        tmp_path / "a.tar",
        None,
        member("a", tarfile.DIRTYPE, mode=0o777),
        member("a/run", mode=0o4777),
        member("a/plain", mode=0o646),
    )
    unpack(tmp_path / "a.tar", tmp_path / "out", "never")
    modes = {
        p.name: oct(p.stat().st_mode & 0o7777) for p in (tmp_path / "out").rglob("*")
    }
    assert modes == {"a": "0o755", "run": "0o755", "plain": "0o644"}


@pytest.mark.parametrize("mode", ["w:", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9, "no end"])
def test_a_truncated_archive_is_called_so(
    tmp_path: Path, mode: str, part: float | str
) -> None:
    path = tmp_path / "a.tar"
    build(path, {f"a/{n}": os.urandom(900) for n in range(30)}, mode=mode)
    whole = path.read_bytes()
    if part != "no end":
        rest = int(len(whole) * float(part))
    else:
        # A plain tar that ends between two members; a sum that lacks its end.
        rest = 20 * 1536 if mode == "w:" else -4
    path.write_bytes(whole[:rest])
    with pytest.raises(RunError, match=r"is truncated|is damaged"):
        archive.scan(path, "auto")


def test_what_is_no_tar_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"this is something else" * 100)
    with pytest.raises(RunError, match="is neither a zip nor a tar archive"):
        archive.scan(tmp_path / "a.tar", "auto")


def test_an_empty_archive_is_refused(tmp_path: Path) -> None:
    build(tmp_path / "a.tar")
    with pytest.raises(RunError, match="holds no file"):
        archive.scan(tmp_path / "a.tar", "auto")


def test_the_size_is_that_on_the_disk(tmp_path: Path) -> None:
    build(tmp_path / "a.tar", {"a": b"x", "b": b"y" * 5000})
    assert archive.scan(tmp_path / "a.tar", "auto").size == 4096 + 8192


def test_checksums() -> None:
    digits = "ab" * 32
    assert archive.parse_checksum(f"sha256:{digits}") == digits
    assert archive.parse_checksum(digits.upper()) == digits
    with pytest.raises(RunError, match="is not a SHA-256"):
        archive.parse_checksum("md5:1234")
    with pytest.raises(RunError, match=r"expected sha256:aa, got sha256:bb"):
        archive.verify("x.tar.gz", "aa", "bb")


def test_a_source_is_shown_without_its_secrets() -> None:
    seen = archive.public_name("https://u:pw@h.example:8443/a.tar?sig=secret#f")
    assert seen == "https://h.example:8443/a.tar"
    hidden = archive.secrets_of("https://u:pw@h.example:8443/a.tar?sig=secret#f")
    assert hidden == {"u:pw", "sig=secret", "f"}
    assert archive.secrets_of("/srv/what?.tar") == set()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "www").mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            if self.path.startswith("/short"):
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"x" * 10)
            else:
                super().do_GET()

    handler = partial(Handler, directory=str(tmp_path / "www"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def fetch(url: str, dest: Path, room: int = 10**9) -> str:
    def reserve(size: int) -> None:
        if size > room:
            raise RunError(f"disk full: {size}")

    return archive.fetch(
        url, dest, timeout=5, headers={}, validate_certs=True, reserve=reserve
    )


def test_fetching(server: str, tmp_path: Path) -> None:
    expected = build(tmp_path / "www/a.tar.gz", FILES)
    got = fetch(f"{server}/a.tar.gz", tmp_path / "got")
    assert f"sha256:{got}" == expected
    assert f"sha256:{archive.digest(tmp_path / 'got')}" == expected


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/none.tar.gz?token=hidden", r"none.tar.gz answered 404"),
        ("/short", r"broke off after 10 of 1000|could not be fetched.*IncompleteRead"),
    ],
)
def test_fetching_what_is_not_there(
    server: str, tmp_path: Path, path: str, message: str
) -> None:
    with pytest.raises(RunError, match=message) as caught:
        fetch(server + path, tmp_path / "got")
    assert "hidden" not in str(caught.value)


def test_fetching_from_nobody(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"could not be fetched.*refused"):
        fetch("http://127.0.0.1:9/a.tar.gz", tmp_path / "got")


def test_fetching_asks_for_room_first(server: str, tmp_path: Path) -> None:
    build(tmp_path / "www/a.tar.gz", FILES)
    with pytest.raises(RunError, match="disk full"):
        fetch(f"{server}/a.tar.gz", tmp_path / "got", room=10)
