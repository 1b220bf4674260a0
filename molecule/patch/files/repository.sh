#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A package archive of the tests' own in /srv/patch-apt, on 127.0.0.1:18099.
# usage: repository.sh start | stop | add NAME VERSION POSTINST [KILOBYTES]
set -eu
root=/srv/patch-apt
list=/etc/apt/sources.list.d/patch-test.list

index() {
    : > "$root/Packages"
    for deb in "$root"/*.deb; do
        dpkg-deb -f "$deb" >> "$root/Packages"
        {
            echo "Filename: ./${deb##*/}"
            echo "Size: $(stat -c %s "$deb")"
            echo "SHA256: $(sha256sum "$deb" | cut -d ' ' -f 1)"
            echo
        } >> "$root/Packages"
    done
}

case $1 in
    start)
        mkdir -p "$root"
        systemctl reset-failed patch-archive.service 2> /dev/null || true
        systemctl is-active --quiet patch-archive.service || systemd-run --quiet \
            --unit=patch-archive --working-directory="$root" \
            python3 -m http.server --bind 127.0.0.1 18099
        tries=0
        until python3 -c 'import socket; socket.create_connection(("127.0.0.1", 18099))' 2> /dev/null; do
            tries=$((tries + 1))
            [ "$tries" -lt 100 ] || { echo "the archive does not answer" >&2; exit 1; }
            sleep 0.1
        done
        echo "deb [trusted=yes] http://127.0.0.1:18099 ./" > "$list"
        ;;
    add)
        work=$(mktemp -d)
        mkdir -p "$work/DEBIAN" "$work/usr/share/patch-test"
        printf 'Package: %s\nVersion: %s\nArchitecture: all\n' "$2" "$3" > "$work/DEBIAN/control"
        printf 'Maintainer: nobody <nobody@localhost>\nDescription: test\n' >> "$work/DEBIAN/control"
        printf '#!/bin/sh\nset -e\n%s\n' "$4" > "$work/DEBIAN/postinst"
        chmod 755 "$work" "$work/DEBIAN/postinst"
        head -c "${5:-1}k" /dev/urandom > "$work/usr/share/patch-test/$2"
        dpkg-deb -Znone --build "$work" "$root/$2_$3_all.deb" > /dev/null
        rm -r "$work"
        index
        ;;
    stop)
        rm -f "$list"
        systemctl stop patch-archive.service 2> /dev/null || true
        rm -rf "$root" /var/lib/apt/lists/127.0.0.1*
        dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' 'patch-test-*' 2> /dev/null \
            | awk '$2 !~ /^.n/ { print $1 }' \
            | xargs -r dpkg --purge --force-all > /dev/null 2>&1
        ;;
esac
