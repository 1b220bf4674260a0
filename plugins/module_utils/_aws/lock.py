# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""One run at a time changes a stack, or a target group: a lock in Parameter Store.

Creating a parameter that exists is refused by AWS, which makes it a lock. Its value
says who holds it and until when; a holder renews it, so a run that was killed loses
it by itself after LEASE seconds.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .._errors import RunError
from .errors import code, explain

if TYPE_CHECKING:
    from .base import Aws

# Seconds that a lock outlives the last sign of life of its holder.
LEASE = 120.0


@contextmanager
def stack_lock(aws: Aws) -> Iterator[None]:
    """Hold the stack's lock; raise RunError naming its holder when it is taken."""
    name = f"/vigie/stack/{aws.stack}/lock"
    with held(aws.client("ssm"), name, aws.wait_timeout, aws.interval):
        yield


@contextmanager
def held(ssm: Any, name: str, timeout: float, interval: float) -> Iterator[None]:
    """Hold the lock of this name, waiting for its holder as long as `timeout` seconds.

    Raises RunError naming its holder when it does not get free.
    """
    holder = f"{getpass.getuser()}@{socket.gethostname()} (process {os.getpid()})"
    lock = _Lock(ssm, name, holder, interval)
    try:
        lock.take(timeout)
    except RunError:
        raise
    except Exception as error:
        raise explain(error) from error
    renewal = threading.Thread(target=lock.keep, name="stack-lock", daemon=True)
    renewal.start()
    try:
        yield
    finally:
        lock.ended.set()
        renewal.join()
        lock.free()


class _Lock:
    """The parameter, and who we are in it."""

    def __init__(self, ssm: Any, name: str, holder: str, interval: float) -> None:
        self.ended = threading.Event()
        self._ssm = ssm
        self._name = name
        self._holder = holder
        self._mine = uuid.uuid4().hex
        self._interval = interval

    def take(self, timeout: float) -> None:
        """Create the parameter, waiting for a holder that is alive."""
        end = time.monotonic() + timeout
        while not self._created():
            held = self._read()
            if held is None:
                continue
            if held["id"] == self._mine:
                return  # Taken by a call whose answer was lost.
            if held["until"] < time.time():
                self._delete_if(held["id"])
            elif time.monotonic() > end:
                raise RunError(
                    f"Lock {self._name} is held by {held['holder']}: wait for"
                    " that run to end. If it is dead, the lock frees itself within"
                    f" {LEASE:g} s."
                )
            else:
                time.sleep(self._interval)

    def keep(self) -> None:
        """Renew until the work has ended; a renewal that fails is tried again.

        A process that was suspended for long finds its lock with somebody else, and
        leaves it there.
        """
        while not self.ended.wait(LEASE / 4):
            try:
                held = self._read()
                if held is None or held["id"] == self._mine:
                    self._write(overwrite=True)
            except Exception:
                continue  # The lease outlives three failures.

    def free(self) -> None:
        """Delete the parameter; a failure leaves it to its lease."""
        try:
            self._delete_if(self._mine)
        except Exception:
            return

    def _created(self) -> bool:
        try:
            self._write(overwrite=False)
        except Exception as error:
            if code(error) == "ParameterAlreadyExists":
                return False
            raise
        return True

    def _write(self, overwrite: bool) -> None:
        value = {
            "id": self._mine,
            "holder": self._holder,
            "until": round(time.time() + LEASE),
        }
        self._ssm.put_parameter(
            Name=self._name, Value=json.dumps(value), Type="String", Overwrite=overwrite
        )

    def _read(self) -> dict[str, Any] | None:
        try:
            answer = self._ssm.get_parameter(Name=self._name)
        except Exception as error:
            if code(error) == "ParameterNotFound":
                return None
            raise
        return json.loads(answer["Parameter"]["Value"])

    def _delete_if(self, owner: str) -> None:
        held = self._read()
        if held is None or held["id"] != owner:
            return
        try:
            self._ssm.delete_parameter(Name=self._name)
        except Exception as error:
            if code(error) != "ParameterNotFound":
                raise
