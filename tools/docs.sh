#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Builds the documentation site: the guides of docs/ and the reference that the
# modules, plugins and roles carry themselves. Needs no network.
set -eu
cd "$(dirname "$0")/.."
source=build/docs-source
site=build/docs

rm -rf "$source" "$site"
mkdir -p "$source/reference"
# antsibull-docs writes only into a folder that nobody else may change
chmod og-w "$source/reference"
cp -R docs/. "$source"
cp docs/docsite/index.rst "$source/"
antsibull-docs collection --use-current --squash-hierarchy --no-add-antsibull-docs-version \
    --dest-dir "$source/reference" vigie.run
sphinx-build -q -W --keep-going -b html -c docs/docsite "$source" "$site"
printf 'docs: %s/index.html\n' "$site"
