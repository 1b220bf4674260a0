# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""How many hosts a run may lose before it has to stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._rotation.amounts import (
    count,
    read_amount,
    some,
)


@dataclass(frozen=True)
class Spent:
    """What has been used of a failure budget.

    ``lost`` and ``allowed`` are numbers of hosts; ``over`` says that the run
    has to stop; ``message`` says all of it in one sentence.
    """

    lost: int
    allowed: int
    over: bool
    message: str


def spent(lost: Sequence[str], budget: Any, total: int) -> Spent:
    """Compare the hosts lost so far, failed and unreachable, with the budget.

    *budget* is the number of hosts that may be lost without the run stopping,
    or a percentage of *total*, all hosts of the run, rounded down: with
    ``"20%"`` of six hosts one may be lost. A name counts once.

    Raises RunError when the budget is neither, or *total* is negative.
    """
    try:
        amount = read_amount(budget, zero=True)
    except ValueError as exc:
        raise RunError(f"failure budget: {exc}.") from exc
    if total < 0:
        raise RunError(f"failure budget: a run of {total} hosts does not exist.")
    allowed = amount.down(total)
    names = list(dict.fromkeys(lost))
    share = f" ({amount} of {total})" if amount.percent else ""
    saying = f"{count(len(names), 'host')} lost"
    if names:
        saying += f" ({some(names)})"
    saying += f"; the budget is {allowed}{share}."
    over = len(names) > allowed
    if over:
        saying += " Bring back what was lost, or raise the budget, and run again."
    return Spent(len(names), allowed, over, saying)
