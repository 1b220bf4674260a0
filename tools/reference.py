# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the reference of resource types: docs/{aws,consul,vault}/, a page for each.

Usage: make reference

Each page is drawn from the type itself: what it is from its module's docstring, its
properties and attributes from its fields, its example from docs/PROVIDER/NAME.yml,
which the tests run. A test says when the pages are behind.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._aws.registry import Table
from ansible_collections.vigie.run.plugins.module_utils._consul.base import Consul
from ansible_collections.vigie.run.plugins.module_utils._consul.registry import table
from ansible_collections.vigie.run.plugins.module_utils._converge.fields import Field
from ansible_collections.vigie.run.plugins.module_utils._converge.named import NamedType
from ansible_collections.vigie.run.plugins.module_utils._vault import (
    registry as vault_registry,
)
from ansible_collections.vigie.run.plugins.module_utils._vault.base import Vault

DOCS = Path(__file__).resolve().parents[1] / "docs"
NOTICE = """\
<!--
Copyright (c) 2026, the vigie.run authors
SPDX-License-Identifier: GPL-3.0-or-later
Written by tools/reference.py from the type itself: change it there.
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


@dataclass(frozen=True)
class Reference:
    """The types of one provider; none of them is asked to do anything.

    name: of its folder under docs/ and of its package. title, about: of the index.
    """

    name: str
    types: Mapping[str, Any]
    title: str
    about: str

    @property
    def folder(self) -> Path:
        """Where its pages and examples are."""
        return DOCS / self.name

    def pages(self) -> dict[str, str]:
        """File name to content, for every type and the index."""
        written = {f"{name}.md": self._page(self.types[name]) for name in self.types}
        written["README.md"] = self._index()
        return written

    def _index(self) -> str:
        rows = (
            f"| [`{name}`]({name}.md) | {_about(self.types[name])[0]} |"
            for name in self.types
        )
        head = [NOTICE, f"# {self.title}", "", self.about, ""]
        return "\n".join([*head, "| type | what it is |", "| --- | --- |", *rows, ""])

    def _page(self, kind: Any) -> str:
        first, rest = _about(kind)
        example = (self.folder / f"{kind.name}.yml").read_text().split("---\n", 1)[1]
        newer = getattr(kind, "newer", {})
        parts = [NOTICE, f"# {kind.name}", "", first, "", *([rest, ""] if rest else [])]
        parts += ["| property | kind | |", "| --- | --- | --- |"]
        parts += [_row(path, item, newer) for path, item in rows(kind.fields)]
        parts += ["", "References may name, besides properties:", ""]
        parts += ["| attribute | |", "| --- | --- |"]
        parts += [
            f"| `{name}` | {_cell(doc)} |" for name, doc in kind.attributes.items()
        ]
        parts += ["", *_remarks(kind)]
        parts += ["```yaml", f"resources:\n{_indented(example)}```"]
        parts += ["", inspect.cleandoc(vars(type(kind)).get("__doc__") or ""), ""]
        return "\n".join(parts).rstrip("\n") + "\n"


def references() -> list[Reference]:
    """All providers."""
    return [
        Reference(
            "aws",
            Table(None),  # type: ignore[arg-type]
            "AWS resource types",
            "What `vigie.run.aws_stack` can make, and `vigie.run.aws_stack_info` can"
            " look at. How a stack is declared and brought about is told in the guide"
            " [AWS stacks](../aws.md); anything else AWS has is reached through"
            " [Cloud Control](cloud_control.md).",
        ),
        Reference(
            "consul",
            table(Consul(None)),  # type: ignore[arg-type]
            "Consul resource types",
            "What `vigie.run.consul_state` can make. How a state is declared and"
            " brought about is told in the guide [A cluster's configuration,"
            " declared](../consul_state.md)."
            " Where a type, or one of its properties, takes a newer Consul than yours,"
            " the run says so before anything is touched.",
        ),
        Reference(
            "vault",
            vault_registry.table(Vault(None)),  # type: ignore[arg-type]
            "Vault resource types",
            "What `vigie.run.vault_state` can make, of HashiCorp's Vault and of"
            " OpenBao. How a state is declared and brought about is told in the guide"
            " [Vault as code](../vault_state.md).",
        ),
    ]


def _about(kind: Any) -> tuple[str, str]:
    """The first sentence of the type's module, and the paragraphs after it."""
    text = inspect.getdoc(sys.modules[type(kind).__module__]) or ""
    first, _break, rest = text.partition("\n\n")
    return " ".join(first.split()), rest.strip()


def _remarks(kind: Any) -> Iterator[str]:
    if hasattr(kind, "since"):
        yield f"It takes Consul {kind.since} or newer."
        yield ""
    if kind.unique:
        names = " and ".join(f"`{name}`" for name in kind.unique)
        yield f"Only one thing can have the same {names}."
        yield ""
    if getattr(kind, "names", None):
        named = " and ".join(f"`{field}`" for field in kind.names)
        yield f"What {named} say, where it is declared beside it, is made first."
        yield ""
    if not kind.markable and not isinstance(kind, NamedType):
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


def _row(path: str, item: Field, newer: Mapping[str, str]) -> str:
    kind = KINDS[item.kind]
    if item.kind == "many" and item.inner is not None:
        kind = f"list of {KINDS[item.inner.kind]}"
    notes = [item.doc]
    if item.choices:
        named = ", ".join(f"`{c}`" for c in item.choices if c != "")
        notes.append(f"One of {named}.")
    if item.required:
        notes.append("**Required.**")
    if path in newer:
        notes.append(f"Since Consul {newer[path]}.")
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
    for reference in references():
        for name, content in reference.pages().items():
            path = reference.folder / name
            if not path.exists() or path.read_text() != content:
                path.write_text(content)
                print(f"wrote {path.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
