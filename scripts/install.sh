#!/bin/sh
# Installs httpd-guard: from an unpacked httpd-guard-VERSION-linux-ARCH.tar.xz, which brings its own Node, or from a checkout after
# "npm run build", which needs Node 20 or newer on the target.
#   install.sh [--prefix P] [--destdir D] [--node FILE]    FILE: a Node to bring
# Changes no unit; "httpd-guard install" does that, on the target machine.
set -eu
usage() { echo "usage: scripts/install.sh [--prefix P] [--destdir D] [--node FILE]"; }
fail() { echo "install.sh: $1" >&2 && exit "${2:-1}"; }

here=$(cd "$(dirname "$0")/.." && pwd)
destdir= prefix=/usr node=
[ ! -e "$here/bin/node" ] || node=$here/bin/node
while [ $# -gt 0 ]; do
  case $1 in
    --destdir) destdir=${2:?--destdir needs a directory} && shift 2 ;;
    --prefix) prefix=${2:?--prefix needs a directory} && shift 2 ;;
    --node) node=${2:?--node needs a file} && shift 2 ;;
    --help) usage && exit ;;
    *) usage >&2 && exit 64 ;;
  esac
done

lib=$destdir$prefix/lib/httpd-guard
share=$destdir$prefix/share

# Whether each file of an unpacked tarball is there as it was built: tar may have been interrupted, or the disk full. The list
# is sorted by name, so its last line is known. b2sum takes a third of sha256sum's time.
is_complete() {
  cd "$here" && tail -n 1 B2SUMS | grep -q '  \./third-party-licences$' && b2sum --quiet --strict -c B2SUMS
}
if [ -e "$here/B2SUMS" ] || [ -e "$here/bin/node" ]; then
  (is_complete) >/dev/null 2>&1 || fail "$here is incomplete or damaged; unpack the tarball again"
elif ! [ -e "$here/dist/httpd-guard.cjs" ]; then
  fail "dist not found; run first: npm ci && npm run build"
fi
[ -n "$destdir" ] || [ "$(id -u)" = 0 ] || fail "needs root, or --destdir" 77
if [ -z "$destdir" ] && [ -e "$lib/httpd-guard.cjs" ] &&
  { dpkg-query -S "$lib/httpd-guard.cjs" || rpm -qf "$lib/httpd-guard.cjs"; } >/dev/null 2>&1; then
  fail "httpd-guard is installed as a package in $lib; upgrade that package, or remove it first"
fi

# Why a Node that was copied to the target does not run there.
why_not() {
  said=$("$1" --version 2>&1) && return
  machine=$(od -An -tx1 -j18 -N1 "$1" | tr -d ' ')
  case $machine-$(uname -m) in
    3e-x86_64 | b7-aarch64) ;;
    3e-*) echo "this package is for x86_64, and this machine is $(uname -m)" && return ;;
    b7-*) echo "this package is for aarch64, and this machine is $(uname -m)" && return ;;
  esac
  case $said in
    *GLIBC*) echo "its Node needs glibc 2.28 (RHEL 8, Debian 10, Ubuntu 20.04 or newer), and this machine has $(getconf GNU_LIBC_VERSION 2>/dev/null || echo another)" ;;
    *ermission*) echo "programs in ${1%/*} cannot be executed: is it mounted with noexec?" ;;
    *) echo "its Node does not run: $(echo "$said" | head -n 1)" ;;
  esac
}

# Beside the present one, so that a full file system or a Node that does not run changes nothing.
new=$lib.new
rm -rf "$new"
trap 'rm -rf "$new"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
install -d "$new" "$destdir$prefix/bin" || fail "nothing was installed: $new cannot be created"
# Why files could not be copied.
no_space() {
  if [ "$(df -Pi "${lib%/*}" | awk 'NR == 2 { print $4 }')" = 0 ]; then
    df -Pi "${lib%/*}" | awk 'NR == 2 { print $6 " has no free inodes" }'
  else
    df -Pm "${lib%/*}" | awk 'NR == 2 { print $6 " has " $4 " MiB free" }'
    [ -z "$node" ] || echo ", and httpd-guard needs 120 MiB"
  fi
}
copy() {
  install -m 0644 "$here"/dist/*.cjs "$here"/dist/*.pl "$here/dist/50-httpd-guard.conf" "$here"/dist/*.service "$here"/dist/*.path "$here"/dist/*.timer "$new" &&
    install -m 0755 "$here/dist/gate" "$here/dist/post-stop" "$here/dist/run-node" "$new" &&
    { [ -z "$node" ] || install -D -m 0755 "$node" "$new/bin/node"; }
}
copy || fail "nothing was installed: $(no_space | tr -d '\n')"
if [ -n "$node" ] && [ -z "$destdir" ]; then
  why=$(why_not "$new/bin/node")
  [ -z "$why" ] || fail "nothing was installed: $why"
fi
# A command is ready sooner, since Node need not compile it; all works the same without.
[ -n "$destdir" ] || "${node:+$new/bin/}node" "$new/compile-bundles.cjs" >/dev/null 2>&1 || :
rm -rf "$lib"
mv "$new" "$lib"

# systemd reads these two under /usr only: the journal catalog, and the watcher's user.
install -D -m 0644 "$here/dist/httpd-guard.catalog" "$destdir/usr/lib/systemd/catalog/httpd-guard.catalog"
install -D -m 0644 "$here/dist/httpd-guard.sysusers" "$destdir/usr/lib/sysusers.d/httpd-guard.conf"
if [ -z "$destdir" ]; then
  journalctl --update-catalog || echo "install.sh: cannot update the journal catalog; journalctl -x will not explain httpd-guard's entries" >&2
  systemd-sysusers /usr/lib/sysusers.d/httpd-guard.conf ||
    echo "install.sh: cannot create the watcher's user; the watcher will follow the journal only, not systemd" >&2
fi
install -D -m 0644 "$here/scripts/man/httpd-guard.8" "$share/man/man8/httpd-guard.8"
install -D -m 0644 "$here/scripts/man/httpd-guard.toml.5" "$share/man/man5/httpd-guard.toml.5"
install -d "$share/httpd-guard/schema"
install -m 0644 "$here"/scripts/schema/*.json "$share/httpd-guard/schema"
install -D -m 0644 "$here/scripts/completion/httpd-guard.bash" "$share/bash-completion/completions/httpd-guard"
# Debian's zsh has its own directory for completions of packages, except under /usr/local.
zsh=site-functions
[ "$prefix" = /usr ] && [ -e "$destdir/etc/debian_version" ] && zsh=vendor-completions
install -D -m 0644 "$here/scripts/completion/_httpd-guard" "$share/zsh/$zsh/_httpd-guard"

if [ -n "$node" ]; then
  find_node="node=$prefix/lib/httpd-guard/bin/node
of=httpd-guard
[ -x \"\$node\" ] && [ -s \"\$node\" ] || {
  echo \"httpd-guard: \$node does not exist, is empty or cannot be executed (noexec?); install httpd-guard again\" >&2
  exit 127
}"
else
  find_node='node=$(command -v node) || {
  echo "httpd-guard: Node not found on the PATH; httpd-guard needs Node 20 or newer, or its package that brings one" >&2
  exit 127
}
of=Node'
fi
cat >"$destdir$prefix/bin/httpd-guard" <<LAUNCHER
#!/bin/sh
# Ignore the caller's settings for other Node programs.
unset NODE_OPTIONS NODE_EXTRA_CA_CERTS NODE_PATH
# A broken openssl.cnf would stop Node from starting.
export OPENSSL_CONF=/dev/null
$find_node
# Not exec, except for what a supervisor may stop by its pid: a damaged Node ends by a signal, and prints nothing.
case " \$* " in *' watch '*) exec "\$node" $prefix/lib/httpd-guard/httpd-guard.cjs "\$@" ;; esac
"\$node" $prefix/lib/httpd-guard/httpd-guard.cjs "\$@"
status=\$?
case \$status in
  # Not executable by this kernel, a library is missing; SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV.
  126 | 127 | 132 | 133 | 135 | 136 | 139)
    echo "httpd-guard: \$node is damaged or does not fit this system (exit status \$status); install \$of again" >&2
    ;;
esac
exit \$status
LAUNCHER
chmod 0755 "$destdir$prefix/bin/httpd-guard"
[ -n "$destdir" ] ||
  echo "httpd-guard is installed in $lib. Next: httpd-guard diagnose (why is httpd down?), httpd-guard install (guard httpd, also after an upgrade)"
