#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Of the consul package that the lab's hosts have: one that is a version newer, and the
# archive that a release would be. Prints "changed" when it had to make them.
# usage: packages.sh FOLDER   (which holds consul.deb)
set -eu
cd "$1"
[ -z "$(find consul-newer.deb ! -newer consul.deb -prune -o -print 2> /dev/null)" ] || exit 0
rm -rf tree
dpkg-deb --raw-extract consul.deb tree
(cd tree/usr/bin && "${PYTHON:-python3}" -m zipfile --create "$OLDPWD/consul_1.8.7_linux_amd64.zip" consul)
sed -i 's/^Version: .*/&+molecule/' tree/DEBIAN/control
dpkg-deb --root-owner-group -Zgzip -z1 --build tree consul-newer.deb > /dev/null
rm -r tree
echo changed
