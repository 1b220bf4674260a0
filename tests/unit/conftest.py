# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How hypothesis searches: without a clock, for machines are slow at times."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("vigie", deadline=None, print_blob=True, database=None)
settings.load_profile("vigie")
