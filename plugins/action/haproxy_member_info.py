# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of the module haproxy_member_info."""

from __future__ import annotations

from ansible_collections.vigie.run.plugins.action.haproxy_member import ActionModule

__all__ = ["ActionModule"]
