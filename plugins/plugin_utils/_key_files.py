# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of the controller as keys and values: each file is a key."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

# The types that may take their keys from a folder.
TREES = ("kv", "kv_tree")


def with_files(resources: Any, find: Callable[[str], str]) -> Any:
    """The declaration with each `directory` replaced by the keys that it holds.

    find: where a folder is that the user named. What is malformed is left as it is.
    Raises RunError for a folder or file that cannot be read as text.
    """
    if not isinstance(resources, Mapping):
        return resources
    return {name: _with_files(name, body, find) for name, body in resources.items()}


def _with_files(name: str, body: Any, find: Callable[[str], str]) -> Any:
    if not isinstance(body, Mapping) or body.get("type") not in TREES:
        return body
    rest = {key: value for key, value in body.items() if key != "directory"}
    if "directory" not in body:
        return body
    where = f"{name}.directory"
    given, keys = body["directory"], body.get("keys", {})
    if not isinstance(given, str) or not isinstance(keys, Mapping):
        raise RunError(f"{where}: takes a folder's path, and keys a mapping beside it")
    return {**rest, "keys": {**read_folder(Path(find(given)), where), **keys}}


def read_folder(folder: Path, where: str) -> dict[str, str]:
    """Every file below a folder as text, by its path; hidden ones are left out."""
    if not folder.is_dir():
        raise RunError(f"{where}: {folder} is no folder")
    found = {}
    for place, inside, files in os.walk(folder):
        inside[:] = sorted(one for one in inside if not one.startswith("."))
        for name in sorted(one for one in files if not one.startswith(".")):
            path = Path(place, name)
            try:
                found[path.relative_to(folder).as_posix()] = path.read_text("utf-8")
            except UnicodeDecodeError:
                raise RunError(
                    f"{where}: {path} is no UTF-8 text; keep it elsewhere, or leave it"
                    " out by a name that begins with a dot"
                ) from None
            except OSError as error:
                raise RunError(f"{where}: {path}: {error.strerror}") from error
    return found
