# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up journals: a roll-out, one that stops at its canary, a patch, a killed one."""

from __future__ import annotations

import json

import pytest

T0 = 1795342000.0
WEB = [f"web-{zone}{n}" for zone in "abc" for n in (1, 2)]
ACTIONS = {
    "out": "vigie.run.haproxy_member",
    "maintenance": "vigie.run.consul_maintenance",
    "release": "vigie.run.release",
    "patch": "vigie.run.os_patch",
    "reboot": "ansible.builtin.reboot",
    "gate": "vigie.run.gate",
    "back": "vigie.run.haproxy_member",
}


class Story:
    """Writes a journal as a run would, with a clock that moves with each act."""

    def __init__(self, playbook, start, run="a" * 16, **facts):
        self.at, self.run = start, run
        self.lines = []
        self.started = start
        words = {"user": "ada", "controller": "bridge", "ansible": "2.21.5"}
        words.update(check=False, limit="", tags=[], skip_tags=[], extra_vars=[])
        self.tell("run", format=1, playbook=playbook, **{**words, **facts})

    def tell(self, event, **fields):
        fields = {"event": event, "at": round(self.at, 3), "run": self.run, **fields}
        self.lines.append(json.dumps(fields))

    def plan(self, waves):
        plan = [
            {"number": n, "canary": n == 1, "hosts": [{"name": h} for h in hosts]}
            for n, hosts in enumerate(waves, 1)
        ]
        detail = {
            "waves": plan,
            "summary": [f"wave {n}" for n in range(1, 1 + len(plan))],
        }
        self.act("localhost", "vigie.run.wave_plan", "Plan the waves", 0.2, detail)

    def wave(self, hosts, number=0, total=0, play="Rotate the web hosts"):
        wave = {"wave": number, "waves": total} if number else {}
        self.tell("play", play=play, hosts=hosts, **wave)

    def act(self, host, action, task, seconds, detail=None, status="changed", **more):
        start = self.at
        self.at += seconds
        fields = {"host": host, "task": task, "action": action, "status": status}
        fields.update(start=round(start, 3), end=round(self.at, 3), **more)
        if detail:
            fields["detail"] = detail
        self.tell("task", **fields)

    def together(self, hosts, kind, task, seconds, detail, **more):
        """The same act on all hosts of a wave at once."""
        start = self.at
        for n, host in enumerate(hosts):
            self.at = start
            self.act(host, ACTIONS[kind], task, seconds + 0.3 * n, detail, **more)

    def members(self, hosts, state):
        names = [
            {"name": h, "after": state, "before": "?", "sessions": 0} for h in hosts
        ]
        detail = {"state": state, "backend": "web", "members": names, "up": 6}
        action, task = ACTIONS["out"], f"Set members {state}"
        self.act(hosts[0], action, task, 1.4, detail, delegated_to="lb-a1")

    def end(self, outcome="ok", **stats):
        self.tell("end", outcome=outcome, seconds=self.at - self.started, stats=stats)
        return self.text

    @property
    def text(self):
        return "\n".join(self.lines) + "\n"


def gates(passed=True, saw="200 ok 2.0.0"):
    gate = {"name": "health", "type": "http", "passed": passed, "saw": saw}
    return {"gates": [{**gate, "seconds": 2.1, "attempts": 3}]}


WAVES = [["web-a1"], ["web-a2", "web-b1"], ["web-b2", "web-c1"], ["web-c2"]]


def deploy(start=T0):
    story = Story("deploy.yml", start, extra_vars=["app_version"])
    story.wave(["localhost"], play="Plan")
    story.plan(WAVES)
    for number, hosts in enumerate(WAVES, 1):
        story.wave(hosts, number, len(WAVES))
        story.together(
            hosts,
            "release",
            "Stage the release",
            1.2,
            {"state": "staged", "active": "1.0.0", "former": "1.0.0"},
        )
        story.members(hosts, "drained")
        switched = {"state": "active", "active": "2.0.0", "former": "1.0.0"}
        story.together(hosts, "release", "Switch the release", 1.6, switched)
        story.together(hosts, "gate", "Prove it healthy", 2.1, gates())
        story.members(hosts, "ready")
        for host in hosts:
            story.act(host, "ansible.builtin.debug", "Say so", 0.3, status="ok")
    return story.end(**{host: {"ok": 9} for host in WEB})


def broken(start=T0 + 60):
    """A release that never becomes healthy: rescued, rolled back, then failed."""
    saw = "503 starting 3.0.0"
    story = Story("deploy.yml", start, "b" * 16, extra_vars=["app_version"])
    story.wave(["web-a1"], 1, 4)
    story.members(["web-a1"], "drained")
    story.act(
        "web-a1",
        ACTIONS["release"],
        "Switch the release",
        1.5,
        {"state": "active", "active": "3.0.0", "former": "2.0.0"},
    )
    message = f"Gate health did not pass within 20 s: it last saw {saw}."
    story.act(
        "web-a1",
        ACTIONS["gate"],
        "Prove it healthy",
        9.0,
        gates(False, saw),
        "rescued",
        msg=message,
    )
    story.act(
        "web-a1",
        ACTIONS["release"],
        "Go back to the former release",
        1.5,
        {"state": "active", "active": "2.0.0", "former": "3.0.0"},
    )
    story.act("web-a1", ACTIONS["gate"], "Prove it healthy", 2.0, gates(), "ok")
    story.members(["web-a1"], "ready")
    action, task = "ansible.builtin.fail", "Stop the roll-out"
    story.act("web-a1", action, task, 0.1, None, "failed", msg=f"web-a1: {message}")
    return story.end("failed", **{"web-a1": {"failures": 1, "rescued": 1}})


def patch(start=T0 + 110):
    story = Story("patch.yml", start, "c" * 16)
    waves = [["web-a1", "web-a2"], ["web-b1", "web-b2"], ["web-c1", "web-c2"]]
    names = ["libc6", "libssl3", "openssl", "python3.11", "systemd", "udev"]
    upgraded = [
        {"name": n, "before": "2.36-9+deb12u9", "after": "2.36-9+deb12u10"}
        for n in names
    ]
    for number, hosts in enumerate(waves, 1):
        story.wave(hosts, number, len(waves), "Patch the web hosts")
        story.members(hosts, "drained")
        reasons = ["libc6", "systemd"]
        patched = {"upgraded": upgraded, "reboot_required": True}
        patched.update(reboot_reasons=reasons, restarted=["cron.service"])
        story.together(hosts, "patch", "Upgrade the packages", 9, patched)
        rebooted = {"rebooted": True, "elapsed": 6}
        story.together(hosts, "reboot", "Reboot", 6, rebooted)
        story.together(hosts, "gate", "Prove it healthy", 2.4, gates())
        story.members(hosts, "ready")
    return story.end(**{host: {"ok": 9} for host in WEB})


def killed(start=T0 + 200):
    """Killed in the middle of its second wave; its last line is torn."""
    text = deploy(start).splitlines()
    at = next(n for n, line in enumerate(text) if '"wave": 2' in line)
    return "\n".join(text[: at + 4]) + "\n" + text[at + 4][:50]


def load(start=T0 - 4, seconds=220, bad=()):
    rows = [
        {
            "t": int(start) + n,
            "requests": 100,
            "failures": 7 if n in bad else 0,
            "max_ms": 4.5 + n % 7,
        }
        for n in range(seconds)
    ]
    failures = sum(row["failures"] for row in rows)
    samples = [
        {"t": start + n, "kind": "status", "seen": "503 <b>busy</b>", "ms": 3.0}
        for n in bad
    ]
    return {
        "target": "http://10.0.0.2/",
        "rate": 100,
        "started": start,
        "ended": start + seconds,
        "requests": 100 * seconds,
        "failures": failures,
        "by_kind": {"status": failures},
        "latency_ms": {"p50": 2.0, "p95": 4.0, "p99": 6.0, "max": 10.5},
        "seconds": rows,
        "away": [
            {"t": start, "away": 0},
            {"t": T0 + 3, "away": 1},
            {"t": T0 + 11, "away": 0},
            {"t": T0 + 14, "away": 2},
            {"t": T0 + 22, "away": 0},
        ],
        "samples": samples,
    }


@pytest.fixture(name="stories")
def stories_fixture():
    """The made-up journals and load results, by name."""
    return {
        "deploy": deploy,
        "broken": broken,
        "patch": patch,
        "killed": killed,
        "load": load,
        "Story": Story,
        "T0": T0,
        "WEB": WEB,
    }
