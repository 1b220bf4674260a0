# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the reference of aws_stack's resource types: docs/aws/NAME.md and README.md.

Usage: make aws-reference

Each page is drawn from the type itself: what it is from its module's docstring, its
properties and attributes from its fields, its example from docs/aws/NAME.yml, which
the tests run. A test says when the pages are behind.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._aws.registry import Table
from ansible_collections.vigie.run.plugins.module_utils._converge.fields import Field

PAGES = Path(__file__).resolve().parents[1] / "docs" / "aws"
NOTICE = """\
<!--
Copyright (c) 2026, the vigie.run authors
SPDX-License-Identifier: GPL-3.0-or-later
Written by tools/aws_reference.py from the type itself: change it there.
-->
"""
KINDS = {
    "text": "text",
    "number": "number",
    "flag": "true or false",
    "many": "list",
    "group": "properties",
    "mapping": "mapping",
    "document": "JSON document",
    "anything": "anything",
}


def table() -> Table:
    """All types; none of them is asked to do anything."""
    return Table(None)  # type: ignore[arg-type]


def pages() -> dict[str, str]:
    """File name to content, for every type and the index."""
    types = table()
    written = {f"{name}.md": page(types[name]) for name in types}
    written["README.md"] = index(types)
    return written


def index(types: Mapping[str, Any]) -> str:
    """The list of all types."""
    lines = [
        NOTICE,
        "# AWS resource types",
        "",
        "What `vigie.run.aws_stack` can make, and `vigie.run.aws_stack_info` can look"
        " at. How a stack is declared and brought about is told in the guide"
        " [AWS stacks](../aws.md); anything else AWS has is reached through"
        " [Cloud Control](cloud_control.md).",
        "",
        "| type | what it is |",
        "| --- | --- |",
    ]
    lines += [f"| [`{n}`]({n}.md) | {_about(types[n])[0]} |" for n in types]
    return "\n".join([*lines, ""])


def page(kind: Any) -> str:
    """The page of one type."""
    first, rest = _about(kind)
    example = (PAGES / f"{kind.name}.yml").read_text().split("---\n", 1)[1]
    parts = [NOTICE, f"# {kind.name}", "", first, "", *([rest, ""] if rest else [])]
    parts += ["| property | kind | |", "| --- | --- | --- |"]
    parts += [_row(path, item) for path, item in rows(kind.fields)]
    parts += ["", "References may name, besides properties:", ""]
    parts += ["| attribute | |", "| --- | --- |"]
    parts += [f"| `{name}` | {_cell(doc)} |" for name, doc in kind.attributes.items()]
    parts += ["", *_remarks(kind), "```yaml", f"resources:\n{_indented(example)}```"]
    parts += ["", inspect.getdoc(type(kind)) or "", ""]
    return "\n".join(parts)


def _about(kind: Any) -> tuple[str, str]:
    """The first sentence of the type's module, and the paragraphs after it."""
    text = inspect.getdoc(sys.modules[type(kind).__module__]) or ""
    first, _break, rest = text.partition("\n\n")
    return " ".join(first.split()), rest.strip()


def _remarks(kind: Any) -> Iterator[str]:
    if kind.unique:
        names = " and ".join(f"`{name}`" for name in kind.unique)
        yield f"Only one thing can have the same {names}."
        yield ""
    if not kind.markable:
        yield "It carries no tags; it belongs to the stack by what it is part of."
        yield ""


def rows(fields: Mapping[str, Field], before: str = "") -> Iterator[tuple[str, Field]]:
    """Every property with its path: `health_check.path`, `ingress[].protocol`."""
    for name, item in fields.items():
        yield f"{before}{name}", item
        yield from _inside(item, f"{before}{name}")


def _inside(item: Field, path: str) -> Iterator[tuple[str, Field]]:
    if item.kind == "group":
        yield from rows(item.fields, f"{path}.")
    elif item.kind in ("many", "mapping") and item.inner is not None:
        yield from _inside(item.inner, f"{path}[]" if item.kind == "many" else path)


def _row(path: str, item: Field) -> str:
    kind = KINDS[item.kind]
    if item.kind == "many" and item.inner is not None:
        kind = f"list of {KINDS[item.inner.kind]}"
    notes = [item.doc]
    if item.choices:
        notes.append("One of " + ", ".join(f"`{c}`" for c in item.choices) + ".")
    if item.required:
        notes.append("**Required.**")
    if item.immutable:
        notes.append("A change replaces the resource.")
    if item.write_only:
        notes.append("Sent, never read back.")
    if item.sensitive:
        notes.append("Never shown.")
    return f"| `{path}` | {kind} | {_cell(' '.join(notes))} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" if line else "\n" for line in text.splitlines())


def main() -> None:
    """Write what differs."""
    PAGES.mkdir(exist_ok=True)
    for name, content in pages().items():
        path = PAGES / name
        if not path.exists() or path.read_text() != content:
            path.write_text(content)
            print(f"wrote docs/aws/{name}")


if __name__ == "__main__":
    main()
