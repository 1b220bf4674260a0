# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Finds Amazon's service models on disk without looking through all 400 services.

Before botocore loads the first model, rules or pages of any service, it looks into
every service's folders for them: some ten thousand calls to the file system.
"""

from __future__ import annotations

import os
from typing import Any

try:
    from botocore.exceptions import DataNotFoundError, UnknownServiceError
    from botocore.loaders import Loader
except ImportError:
    # session.py tells the user.
    Loader = object


class Models(Loader):
    """botocore's loader, which takes a service's folder as a sign that it is known."""

    def list_available_services(self, type_name: str) -> list[str]:
        """The services' folders; what is in them shows when it is asked for."""
        folders = filter(os.path.isdir, self.search_paths)
        return sorted({name for folder in folders for name in os.listdir(folder)})

    def determine_latest_version(self, service_name: str, type_name: str) -> str:
        """The newest version of one service that has data of this kind.

        Raises UnknownServiceError where it has none, as the whole search would.
        """
        try:
            return super().determine_latest_version(service_name, type_name)
        except DataNotFoundError as error:
            raise UnknownServiceError(
                service_name=service_name, known_service_names="those installed"
            ) from error


def find_quickly(session: Any) -> None:
    """Let a botocore session find its models that way, in the places it has now."""
    places = session.get_component("data_loader").search_paths
    session.register_component(
        "data_loader",
        Models(extra_search_paths=places, include_default_search_paths=False),
    )
