# SPDX-License-Identifier: GPL-3.0-or-later
# Prints the targets of a Makefile that carry "## what they do", under "##@" headings.
BEGIN { FS = ":.*## "; print "vigie.run: make TARGET" }
/^##@ / { printf "\n%s\n", substr($0, 5) }
/^[a-z-]+:.*## / { printf "  %-18s %s\n", $1, $2 }
