#!/bin/sh
# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# mmdebstrap's customize hook: turns a bare Debian tree into a lab host.
# Argument: the tree. Environment: LAB_SUITE, LAB_MIRROR, LAB_SECURITY_MIRROR
# (may be empty), LAB_CONSUL_SUITE (the last Debian that ships consul).
set -eu
root=$1
recipe=$(dirname "$0")
repository=$root/srv/lab-apt

in_root() { chroot "$root" env DEBIAN_FRONTEND=noninteractive "$@"; }

copy_files() {
  cp -RT --remove-destination --preserve=mode "$recipe/rootfs" "$root"
  # Units that cannot work in a container, timers that would disturb a test, and
  # root's own service manager, which costs every host three inotify instances.
  for unit in user@.service systemd-modules-load.service systemd-udevd.service \
    systemd-udev-trigger.service getty@tty1.service console-getty.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
    e2scrub_all.timer e2scrub_reap.service fstrim.timer; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
}

slim() {
  rm -rf "$root"/usr/share/doc/* "$root"/usr/share/man/* \
    "$root"/usr/share/info/* "$root"/usr/share/locale/*
  rm -f "$root"/etc/ssh/ssh_host_* "$root"/var/cache/apt/archives/*.deb
}

# Consul comes from an older suite. It is fetched here, where apt proves its
# signature, and kept in the hosts' own repository: so a host need not read the
# index of a second Debian whenever it runs apt.
fetch_consul() {
  mv "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.own"
  echo "deb $LAB_MIRROR $LAB_CONSUL_SUITE main" > "$root/etc/apt/sources.list"
  in_root apt-get -q update
  in_root sh -c 'cd /srv/lab-apt && apt-get -q download consul'
  mv "$root/etc/apt/sources.list.own" "$root/etc/apt/sources.list"
  rm -rf "$root"/var/lib/apt/lists/*
}

# $1: version; $2: folder that gets the package.
build_kernel() {
  tree=$(mktemp -d)
  chmod 755 "$tree"
  mkdir "$tree/DEBIAN"
  sed "s/@VERSION@/$1/" "$recipe/kernel/control" > "$tree/DEBIAN/control"
  cp -p "$recipe/kernel/postinst" "$tree/DEBIAN/postinst"
  dpkg-deb --root-owner-group --build "$tree" "$2/vigie-lab-kernel_$1_all.deb"
  rm -r "$tree"
}

index_repository() {
  (
    cd "$repository"
    for deb in *.deb; do
      dpkg-deb --field "$deb"
      echo "Filename: ./$deb"
      echo "Size: $(stat -c %s "$deb")"
      echo "SHA256: $(sha256sum "$deb" | cut -d ' ' -f 1)"
      echo
    done > Packages
    cat > Release <<RELEASE
Origin: vigie-lab
Label: vigie-lab
Suite: lab
Date: $(date -Ru)
Description: packages that Debian $LAB_SUITE does not have
SHA256:
 $(sha256sum Packages | cut -d ' ' -f 1) $(stat -c %s Packages) Packages
RELEASE
  )
}

write_sources() {
  {
    echo "deb $LAB_MIRROR $LAB_SUITE main"
    # Debian 11 is out of support: what its updates and security suites still list
    # is no longer all there.
    if [ "$LAB_SUITE" != bullseye ]; then
      echo "deb $LAB_MIRROR $LAB_SUITE-updates main"
      if [ -n "$LAB_SECURITY_MIRROR" ]; then
        echo "deb $LAB_SECURITY_MIRROR $LAB_SUITE-security main"
      fi
    fi
    echo "deb [trusted=yes] file:/srv/lab-apt ./"
  } > "$root/etc/apt/sources.list"
}

# Nothing is installed here: the upgrades must stay pending and the roles must
# do the installing. Only the downloads are done once instead of on each host.
fetch_ahead() {
  set -- haproxy consul dnsmasq
  # Debian 11 has it in systemd itself.
  [ "$LAB_SUITE" = bullseye ] || set -- "$@" systemd-resolved
  in_root apt-get -q update
  in_root apt-get -q -y --download-only install "$@"
  in_root apt-get -q -y --download-only dist-upgrade
}

copy_files
slim
mkdir -p "$repository"
fetch_consul
build_kernel 1.0 "$root/tmp"
in_root dpkg --install /tmp/vigie-lab-kernel_1.0_all.deb
build_kernel 1.1 "$repository"
index_repository
write_sources
fetch_ahead
