# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets kept as files of the controller, one each, for their owner alone."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils import _private_files as files


class FileStore:
    """A folder with a file under each name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def where(self, name: str) -> str:
        return f"{self._folder / name} on the controller"

    def read(self, names: Collection[str]) -> dict[str, str]:
        texts = {name: files.read(self._folder / name) for name in names}
        return {
            name: self._value(name, text)
            for name, text in texts.items()
            if text is not None
        }

    def add(self, made: dict[str, str]) -> dict[str, str]:
        files.make_folder(self._folder)
        for name, value in made.items():
            files.create(self._folder / name, f"{value}\n".encode())
        return self.read(made)

    def replace(self, made: dict[str, str]) -> None:
        for name, value in made.items():
            files.replace(self._folder / name, f"{value}\n".encode())

    def open_to_others(self, names: Collection[str]) -> list[Path]:
        """What others have rights to: the folder, and files under these names."""
        paths = [self._folder, *(self._folder / name for name in names)]
        return [path for path in paths if files.is_open(path)]

    def _value(self, name: str, text: bytes) -> str:
        try:
            return text.decode().rstrip("\n")
        except UnicodeDecodeError as error:
            raise RunError(f"{self.where(name)} is no text") from error
