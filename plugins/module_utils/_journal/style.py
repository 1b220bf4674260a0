# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The report's style sheet: light and dark, narrow and wide, on paper too.

The hues of the acts keep apart for the common kinds of colour blindness, and each
act is named beside its colour; a failure is a cross, not only a colour.
"""

from __future__ import annotations

_LIGHT = """
--page: #f5f6f8; --card: #ffffff; --ink: #17202c; --soft: #5a6675; --line: #e1e5ea;
--band0: #eef2f7; --band1: #e4eaf2; --rail: #d5dbe3; --accent: #2b6cb0;
--good: #18794e; --good-soft: #e3f4ea; --bad: #c22a2a; --bad-soft: #fdeaea;
--warn: #8f5a00; --warn-soft: #fdf1da; --gone: rgba(224, 148, 20, .20);
--k-out: #e08e0b; --k-release: #2468d2; --k-patch: #8a4fd6; --k-reboot: #d13f84;
--k-gate: #0d8f7f; --k-back: #6aa518; --k-other: #a9b3bf; --area: rgba(43,108,176,.12);
"""

_DARK = """
--page: #0e1319; --card: #171e27; --ink: #e7ecf2; --soft: #98a5b4; --line: #2a3440;
--band0: #1c2530; --band1: #222d3a; --rail: #344151; --accent: #74b1f2;
--good: #5fd394; --good-soft: #15301f; --bad: #ff7b72; --bad-soft: #3a1a1c;
--warn: #f0b95b; --warn-soft: #33270f; --gone: rgba(240, 170, 60, .22);
--k-out: #f0a534; --k-release: #5b9bf8; --k-patch: #b58af5; --k-reboot: #f277ae;
--k-gate: #35c2b0; --k-back: #9bd147; --k-other: #5d6a79; --area: rgba(116,177,242,.16);
"""

_PAGE = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 20px}
header{padding-top:34px}
h1{font-size:27px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:19px;margin:0;letter-spacing:-.005em}
h3{font-size:13px;margin:26px 0 8px;color:var(--soft);font-weight:600}
p{margin:0 0 8px}
a{color:var(--accent)}
code{font:13px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.soft{color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(118px,1fr));
gap:10px;margin:22px 0 14px;padding:0;list-style:none}
.tiles li{background:var(--card);border:1px solid var(--line);border-radius:10px;
padding:11px 12px}
.tiles b{display:block;font-size:17px;line-height:1.25;font-weight:650;
white-space:nowrap;font-variant-numeric:tabular-nums}
.tiles span{color:var(--soft);font-size:13px}
.tiles .good b{color:var(--good)}.tiles .bad b{color:var(--bad)}
section,.runs{background:var(--card);border:1px solid var(--line);border-radius:12px;
padding:20px 22px;margin:0 0 18px}
.head{display:flex;flex-wrap:wrap;gap:6px 12px;align-items:center;margin:0 0 6px}
.pill{font-size:12.5px;font-weight:600;border-radius:99px;padding:2px 10px;
white-space:nowrap}
.pill.ok{background:var(--good-soft);color:var(--good)}
.pill.failed,.pill.killed,.pill.unreachable{background:var(--bad-soft);color:var(--bad)}
.pill.stopped,.pill.rescued{background:var(--warn-soft);color:var(--warn)}
.note{border-left:4px solid var(--warn);background:var(--warn-soft);padding:9px 13px;
border-radius:4px;margin:12px 0}
.losses{border-left:4px solid var(--bad);background:var(--bad-soft);
padding:10px 14px;border-radius:4px;margin:14px 0;list-style:none}
.losses li+li{margin-top:9px}
.losses .rescued{opacity:.92}
.losses q{quotes:none;overflow-wrap:anywhere;white-space:pre-wrap}
figure{margin:14px 0 12px}
section>details{margin-top:12px}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;margin:10px 0 0;padding:0;
list-style:none;color:var(--soft);font-size:13px}
.legend i{display:inline-block;width:14px;height:10px;border-radius:3px;
margin-right:6px}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;vertical-align:top;padding:7px 14px 7px 0;
border-bottom:1px solid var(--line)}
tbody tr:last-child>*{border-bottom:0}
thead th{color:var(--soft);font-weight:600;font-size:12.5px;white-space:nowrap}
tbody th{font-weight:600;white-space:nowrap}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.zero{color:var(--soft)}td.bad{color:var(--bad);font-weight:650}
details>summary{cursor:pointer;color:var(--accent)}
details table{margin:4px 0 6px;font-size:13px}
details td,details th{padding:3px 12px 3px 0}
ol.plan{margin:8px 0;padding-left:22px}
footer{color:var(--soft);font-size:13px;padding-bottom:40px}
"""

_DRAWING = """
svg.timeline{display:block;width:100%;min-width:680px;height:auto;
font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
svg text{fill:var(--ink)}
svg .tick{fill:var(--soft);font-size:11px;font-variant-numeric:tabular-nums}
svg .wave{fill:var(--soft);font-size:11.5px;font-weight:600}
svg .panel{fill:var(--soft);font-size:12px;font-weight:600}
svg .host.bad{fill:var(--bad);font-weight:650}
svg .band0{fill:var(--band0)}svg .band1{fill:var(--band1)}
svg .grid{stroke:var(--line);stroke-width:1;shape-rendering:crispEdges}
svg .ground,svg .rail{stroke:var(--rail);stroke-width:1;shape-rendering:crispEdges}
svg .gone{fill:var(--gone)}
svg .cross{stroke:#fff;stroke-width:2.4;fill:none;stroke-linecap:round}
svg .halo{fill:var(--bad);stroke:var(--card);stroke-width:1.5}
svg .rate{fill:none;stroke:var(--accent);stroke-width:1.8;stroke-linejoin:round}
svg .area{fill:var(--area)}
svg .failures{fill:var(--bad)}
svg .away{fill:none;stroke:var(--k-out);stroke-width:1.8}
svg .area-away{fill:var(--gone)}
"""

_KINDS = "".join(
    f"svg .k-{kind}{{fill:var(--k-{kind})}}\n"
    f".legend .k-{kind}{{background:var(--k-{kind})}}\n"
    for kind in ("out", "release", "patch", "reboot", "gate", "back", "other")
)

_MEDIA = f"""
@media (prefers-color-scheme: dark){{:root{{{_DARK}color-scheme:dark}}}}
@media (max-width:640px){{
main,header,footer{{padding-left:12px;padding-right:12px}}
section,.runs{{padding:15px 14px}}h1{{font-size:22px}}
.tiles{{grid-template-columns:repeat(2,1fr)}}.tiles b{{font-size:20px}}
}}
@media print{{
:root{{{_LIGHT}color-scheme:light;--page:#fff}}
*{{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
body{{font-size:12px}}section,.runs{{border:0;padding:0}}
section{{break-before:page}}figure,tr,.losses{{break-inside:avoid}}
svg.timeline{{min-width:0}}.scroll{{overflow:visible}}
details::details-content{{content-visibility:visible;display:block}}
}}
"""

CSS = f":root{{{_LIGHT}}}" + _PAGE + _DRAWING + _KINDS + _MEDIA
