# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab: Debian hosts with systemd in containers, for the demo and the tests."""

from __future__ import annotations


class LabError(Exception):
    """Something the user can put right; the message says what, and what to do."""
