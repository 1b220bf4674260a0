#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# HAProxy with a frontend of the tests' own on 127.0.0.1:18080, gone with the
# next boot, and a package of it in their archive that is one version newer.
# usage: balancer.sh start | stop
set -eu
export DEBIAN_FRONTEND=noninteractive
drop_in=/run/systemd/system/haproxy.service.d/zz-patch-test.conf

case $1 in
    start)
        dpkg-query -W -f '${db:Status-Abbrev}' haproxy 2> /dev/null | grep -q '^.i' || {
            touch /run/patch-test.haproxy
            apt-get -y -qq install haproxy > /dev/null 2>&1
        }
        cat > /run/patch-test.cfg << 'END'
frontend patch_test
    mode http
    timeout client 5s
    bind 127.0.0.1:18080
    http-request return status 200 content-type text/plain string ok
END
        mkdir -p "${drop_in%/*}"
        {
            echo "[Service]"
            echo 'Environment="EXTRAOPTS=-f /run/patch-test.cfg -S /run/haproxy-master.sock"'
        } > "$drop_in"
        systemctl daemon-reload
        systemctl restart haproxy
        work=$(mktemp -d)
        chmod 755 "$work"
        cd "$work"
        apt-get -qq -o APT::Sandbox::User=root download haproxy > /dev/null
        dpkg-deb -R haproxy_*.deb new
        sed -i 's/^Version: .*/&+patch.test/' new/DEBIAN/control
        dpkg-deb -Znone --build new /srv/patch-apt/haproxy_new_amd64.deb > /dev/null
        rm -r "$work"
        rm -f /run/patch-test.stop
        ;;
    stop)
        rm -f "$drop_in"
        systemctl daemon-reload
        if [ -e /run/patch-test.haproxy ]; then
            rm /run/patch-test.haproxy
            apt-get -y -qq purge haproxy > /dev/null 2>&1
        else
            old=$(dpkg-query -W -f '${Version}' haproxy)
            apt-get -y -qq install --allow-downgrades "haproxy=${old%+patch.test}" > /dev/null 2>&1
            systemctl restart haproxy
        fi
        ;;
esac
