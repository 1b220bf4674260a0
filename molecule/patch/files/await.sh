#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Bring the host back to where upgrades wait: an older kernel package of the
# lab, time zones as the main suite has them. Prints "changed" if it had to.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
old=/var/tmp/patch-test-before
if [ "$(dpkg-query -W -f '${Version}' vigie-lab-kernel)" != 1.0 ]; then
    work=$(mktemp -d)
    mkdir -p "$work/DEBIAN"
    printf 'Package: vigie-lab-kernel\nVersion: 1.0\nArchitecture: all\n' > "$work/DEBIAN/control"
    printf 'Maintainer: nobody <nobody@localhost>\nDescription: test\n' >> "$work/DEBIAN/control"
    chmod 755 "$work"
    dpkg-deb -Znone --build "$work" "$work.deb" > /dev/null
    dpkg --force-downgrade -i "$work.deb" > /dev/null 2>&1
    rm -r "$work" "$work.deb"
    main=$(apt-cache madison tzdata | awk -F '|' '/-security|-updates/ { next } { print $2; exit }' | tr -d ' ')
    apt-get -y -qq install --allow-downgrades "tzdata=$main" > /dev/null 2>&1
    echo changed
fi
{
    echo "boot $(cat /proc/sys/kernel/random/boot_id)"
    dpkg-query -W -f 'version ${Package} ${Version}\n' vigie-lab-kernel tzdata libexpat1
    apt-mark showmanual | sed 's/^/manual /'
    apt-get -s dist-upgrade | sed -n 's/^Inst \([^ ]*\) .*/waits \1/p'
} > "$old"
