#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Of the program that is there: a repository with the package that a vendor would make of
# it, and the archive of a newer release. Their versions are names, no more.
# usage: releases.sh FOLDER PROGRAM
set -eu
cd "$1"
mkdir -p tree/DEBIAN tree/usr/bin repository
cp "$2" tree/usr/bin/bao
cat > tree/DEBIAN/control << 'END'
Package: openbao
Version: 1.0
Architecture: amd64
Maintainer: Nobody <nobody@example.org>
Description: OpenBao, as its package
END
cat > tree/DEBIAN/postinst << 'END'
#!/bin/sh
set -e
getent passwd openbao > /dev/null ||
  useradd --system --user-group --home-dir /etc/openbao --shell /bin/false openbao
END
chmod 0755 tree/DEBIAN/postinst
dpkg-deb --root-owner-group -Znone --build tree repository/openbao.deb > /dev/null
{
  cat tree/DEBIAN/control
  echo "Filename: ./openbao.deb"
  echo "Size: $(stat --format=%s repository/openbao.deb)"
  echo "SHA256: $(sha256sum repository/openbao.deb | cut -d ' ' -f 1)"
} > repository/Packages

printf newer >> tree/usr/bin/bao
tar --create --use-compress-program='gzip -1' --file bao_1.1_Linux_x86_64.tar.gz \
  --directory tree/usr/bin bao
rm -r tree
