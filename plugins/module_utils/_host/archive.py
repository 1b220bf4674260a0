# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Release archives: fetch, prove, look through, unpack.

An archive is read twice: first to prove that it is whole and that no member can
reach outside of its folder, then to unpack it. Nothing is written before the
first reading has passed.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import posixpath
import re
import shutil
import tarfile
import urllib.error
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Union
from urllib.parse import urlsplit, urlunsplit

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host.disk import FULL, Owner
from ansible_collections.vigie.run.plugins.module_utils._host.zipped import (
    ZipAsTar,
    is_zip,
)

_CHUNK = 1 << 20
_BLOCK = 4096
_MAGIC = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
_Archive = Union[tarfile.TarFile, ZipAsTar]
_CHECKSUM = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


@dataclass(frozen=True)
class Listing:
    """What an archive holds: the folder taken off, entries, bytes on the disk."""

    folder: str
    entries: int
    size: int


def parse_checksum(text: str) -> str:
    """The 64 hexadecimal digits of ``sha256:…``; RunError for anything else."""
    found = _CHECKSUM.fullmatch(text.strip().lower())
    if not found:
        raise RunError(
            f"checksum: {text!r} is not a SHA-256; write sha256: and 64 hexadecimal "
            "digits, as sha256sum prints them."
        )
    return found.group(1)


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    seen = hashlib.sha256()
    with path.open("rb") as source:
        for chunk in iter(lambda: source.read(_CHUNK), b""):
            seen.update(chunk)
    return seen.hexdigest()


def verify(name: str, expected: str, got: str) -> None:
    """Raise RunError unless the digests are equal."""
    if expected and expected != got:
        raise RunError(
            f"checksum: {name} is not what was announced: expected "
            f"sha256:{expected}, got sha256:{got}. Fetch or build the archive again.",
            expected=f"sha256:{expected}",
            got=f"sha256:{got}",
        )


def public_name(src: str) -> str:
    """A source as it may be shown: no user, password or query (signed URLs)."""
    if "://" not in src:
        return src
    parts = urlsplit(src)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def secrets_of(src: str) -> set[str]:
    """What :func:`public_name` leaves out of a source, to be hidden elsewhere too."""
    if "://" not in src:
        return set()
    parts = urlsplit(src)
    hidden = (parts.netloc.rpartition("@")[0], parts.query, parts.fragment)
    return {text for text in hidden if text}


def fetch(
    url: str,
    dest: Path,
    *,
    timeout: int,
    headers: dict[str, str],
    validate_certs: bool,
    reserve: Callable[[int], None],
) -> str:
    """Download to a file and return its SHA-256.

    ``timeout`` is in seconds for each read; ``reserve`` is called with the
    announced number of bytes, if any, before the first is written.
    Raises RunError when the server cannot be reached, refuses or breaks off.
    """
    # Imported late: a run that fetches nothing need not load an HTTP client.
    from ansible.module_utils.urls import open_url

    name = public_name(url)
    seen = hashlib.sha256()
    try:
        with (
            open_url(
                url, timeout=timeout, headers=headers, validate_certs=validate_certs
            ) as answer,
            dest.open("wb") as out,
        ):
            announced = int(answer.headers.get("Content-Length") or 0)
            reserve(announced)
            received = 0
            for chunk in iter(lambda: answer.read(_CHUNK), b""):
                seen.update(chunk)
                out.write(chunk)
                received += len(chunk)
    except urllib.error.HTTPError as error:
        raise RunError(
            f"src: {name} answered {error.code} {error.reason}; "
            "check the address and what may read it."
        ) from error
    except RunError:
        raise
    except (urllib.error.URLError, ConnectionError, TimeoutError, OSError) as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        raise RunError(
            f"src: {name} could not be fetched: {getattr(error, 'reason', error)}"
        ) from error
    if announced and received != announced:
        raise RunError(
            f"src: {name} broke off after {received} of {announced} bytes; try again."
        )
    return seen.hexdigest()


@contextmanager
def _opened(path: Path, name: str) -> Iterator[_Archive]:
    """An archive for reading; what its reader may raise becomes one clear error."""
    try:
        with ZipAsTar(path) if is_zip(path) else tarfile.open(path, "r:*") as archive:
            yield archive
    except tarfile.ReadError as error:
        # A short bzip2 cannot even be opened, and tarfile then says it is no tar.
        with path.open("rb") as source:
            begins_well = source.read(6).startswith(_MAGIC)
        if begins_well or "could not be opened" not in str(error):
            raise _truncated(name) from error
        raise RunError(
            f"src: {name} is neither a zip nor a tar archive (plain, gzip, bzip2, xz)."
        ) from error
    except EOFError as error:
        raise _truncated(name) from error
    except (zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise RunError(
            f"src: {name} is damaged ({error}); fetch or build it again."
        ) from error


def _truncated(name: str) -> RunError:
    return RunError(f"src: {name} is truncated or damaged; fetch or build it again.")


def scan(path: Path, strip: str, name: str = "") -> Listing:
    """Read a whole archive and prove that it may be unpacked.

    ``strip`` is ``auto``, ``always`` or ``never``: whether the single folder at
    the top, if there is one, is taken off. ``name`` stands for the archive in
    messages. Raises RunError: neither zip nor tar, truncated, damaged, unsafe, empty.
    """
    name = name or str(path)
    tops: dict[str, bool] = {}
    kinds: dict[str, str] = {}
    size = 0
    with _opened(path, name) as tar:
        for member in tar:
            parts = _parts(member.name, name)
            kind = _kind(member, name)
            if not parts:
                continue
            tops[parts[0]] = tops.get(parts[0], False) or (
                len(parts) > 1 or kind == "folder"
            )
            _note(kinds, parts, kind, name)
            size += -(-member.size // _BLOCK) * _BLOCK if kind == "file" else _BLOCK
        _prove_end(tar, name)
    if not kinds:
        raise RunError(f"src: {name} holds no file.")
    single = next(iter(tops)) if len(tops) == 1 and all(tops.values()) else ""
    if strip == "always" and not single:
        raise RunError(
            f"strip: {name} has no single folder at its top but "
            f"{', '.join(sorted(tops)[:5])}; use strip=auto or strip=never."
        )
    return Listing(single if strip != "never" else "", len(kinds), size)


def _prove_end(tar: _Archive, name: str) -> None:
    """Demand the closing zero block, and read on for the compressor's own sum."""
    if isinstance(tar, ZipAsTar):
        tar.prove()
        return
    stream = tar.fileobj
    if stream is None:
        raise _truncated(name)
    stream.seek(tar.offset)
    if stream.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
        raise _truncated(name)
    while stream.read(_CHUNK):
        pass


def _parts(path: str, archive: str) -> list[str]:
    parts = [p for p in path.split("/") if p not in ("", ".")]
    if path.startswith("/") or ".." in parts:
        raise RunError(
            f"src: {archive} is not safe: {path!r} leads outside of the release."
        )
    return parts


def _kind(member: tarfile.TarInfo, archive: str) -> str:
    if member.isreg():
        return "file"
    if member.isdir():
        return "folder"
    if member.issym():
        base = posixpath.dirname(member.name)
        target = posixpath.normpath(posixpath.join(base, member.linkname))
        inside = not member.linkname.startswith("/") and target.split("/")[0] != ".."
        if inside:
            return "link"
        raise RunError(
            f"src: {archive} is not safe: the link {member.name!r} points to "
            f"{member.linkname!r}, outside of the release."
        )
    if member.islnk():
        _parts(member.linkname, archive)
        return "file"
    raise RunError(
        f"src: {archive} is not safe: {member.name!r} is a device or a pipe."
    )


def _note(kinds: dict[str, str], parts: list[str], kind: str, archive: str) -> None:
    """Remember a member; refuse one below a link, or two that do not agree."""
    for depth in range(1, len(parts)):
        above = "/".join(parts[:depth])
        if kinds.setdefault(above, "folder") != "folder":
            raise RunError(
                f"src: {archive} is not safe: {'/'.join(parts)!r} lies below "
                f"{above!r}, which is no folder."
            )
    path = "/".join(parts)
    if kinds.setdefault(path, kind) != kind:
        raise RunError(
            f"src: {archive} holds {path!r} twice, as {kinds[path]} and as {kind}."
        )


def unpack(path: Path, into: Path, listing: Listing, owner: Owner, name: str) -> None:
    """Unpack a scanned archive into an existing empty folder.

    Modes are those of the archive without set-id bits and without writing for
    group and others. Raises RunError, or OSError when the disk refuses.
    """
    folders: list[tuple[Path, int]] = []
    links: list[Path] = []
    with _opened(path, name) as tar:
        for member in tar:
            target = _target(member.name, into, listing, name)
            if target == into:
                continue
            _make_parents(target, into, owner)
            if member.isdir():
                _make_parents(target / "any", into, owner)
                folders.append((target, member.mode & 0o755 | 0o700))
                continue
            target.unlink(missing_ok=True)
            if member.issym():
                target.symlink_to(member.linkname)
                owner.give(target)
                links.append(target)
            elif member.islnk():
                _hard_link(member, target, into, listing, name)
            else:
                _write(tar, member, target, owner)
    for target, mode in reversed(folders):
        target.chmod(mode)
    _prove_links(links, into, name)


def _target(member: str, into: Path, listing: Listing, archive: str) -> Path:
    parts = _parts(member, archive)
    if listing.folder and parts and parts[0] == listing.folder:
        parts = parts[1:]
    return into.joinpath(*parts)


def _make_parents(target: Path, into: Path, owner: Owner) -> None:
    missing = []
    above = target.parent
    while above != into and not above.is_dir():
        missing.append(above)
        above = above.parent
    for folder in reversed(missing):
        folder.mkdir()
        folder.chmod(0o755)
        owner.give(folder)


def _write(tar: _Archive, member: tarfile.TarInfo, target: Path, owner: Owner) -> None:
    source = tar.extractfile(member)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(target, flags, 0o600), "wb") as out:
        if source is not None:
            shutil.copyfileobj(source, out, _CHUNK)
        out.flush()
        owner.give(out.fileno())
        os.fchmod(out.fileno(), member.mode & 0o755 | 0o600)
    os.utime(target, (max(member.mtime, 0), max(member.mtime, 0)))


def _hard_link(
    member: tarfile.TarInfo, target: Path, into: Path, listing: Listing, archive: str
) -> None:
    origin = _target(member.linkname, into, listing, archive)
    if origin.is_symlink() or not origin.is_file():
        raise RunError(
            f"src: {archive} is damaged: the hard link {member.name!r} comes before "
            f"its file {member.linkname!r}."
        )
    os.link(origin, target)


def _prove_links(links: list[Path], into: Path, archive: str) -> None:
    """Follow each link as the kernel would: links over links can lead outside."""
    root = into.resolve()
    for link in links:
        # realpath, for Path.resolve() raises on a loop before Python 3.13.
        real = Path(os.path.realpath(link))
        if real != root and root not in real.parents:
            raise RunError(
                f"src: {archive} is not safe: the link "
                f"{str(link.relative_to(into))!r} leads outside of the release."
            )
