# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's settings for the documentation site (make docs)."""

from __future__ import annotations

project = "vigie.run"
copyright = "2026, the vigie.run authors"
title = html_short_title = "vigie.run"

extensions = ["sphinx_antsibull_ext", "myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["docsite"]
# The site is built without a network, so references into Ansible's own
# documentation stay plain text; and guides link to files beside docs/ that are
# not part of the site.
suppress_warnings = ["ref.ref", "myst.xref_missing"]

html_theme = "sphinx_ansible_theme"
html_theme_options = {"documentation_home_url": "index.html"}
html_show_sphinx = False
html_use_smartypants = True
html_copy_source = False
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
