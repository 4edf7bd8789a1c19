#!/bin/sh
# Installs the built program: --destdir D --prefix P. Run "npm run build" first. Changes no unit; "httpd-guard install" does
# that, on the target machine.
set -eu

destdir= prefix=/usr
while [ $# -gt 0 ]; do
  case $1 in
    --destdir) destdir=${2:?--destdir needs a directory} && shift 2 ;;
    --prefix) prefix=${2:?--prefix needs a directory} && shift 2 ;;
    --help) echo "usage: scripts/install.sh [--destdir D] [--prefix P]" && exit ;;
    *) echo "usage: scripts/install.sh [--destdir D] [--prefix P]" >&2 && exit 64 ;;
  esac
done

here=$(cd "$(dirname "$0")/.." && pwd)
[ -e "$here/dist/httpd-guard.cjs" ] || {
  echo "install.sh: dist not found; run first: npm ci && npm run build" >&2
  exit 1
}

[ -n "$destdir" ] || [ "$(id -u)" = 0 ] || {
  echo "install.sh: needs root, or --destdir" >&2
  exit 77
}

lib=$destdir$prefix/lib/httpd-guard
share=$destdir$prefix/share
rm -rf "$lib"
install -d "$lib" "$destdir$prefix/bin"
install -m 0644 "$here"/dist/*.cjs "$here/dist/semaphore-tool.pl" "$here/dist/50-httpd-guard.conf" "$here"/dist/*.service "$here"/dist/*.path "$here"/dist/*.timer "$lib"
install -m 0755 "$here/dist/gate" "$here/dist/post-stop" "$here/dist/run-node" "$lib"
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
cat >"$destdir$prefix/bin/httpd-guard" <<LAUNCHER
#!/bin/sh
# Ignore the caller's settings for other Node programs.
unset NODE_OPTIONS NODE_EXTRA_CA_CERTS NODE_PATH
# A broken openssl.cnf would stop Node from starting.
export OPENSSL_CONF=/dev/null
exec node $prefix/lib/httpd-guard/httpd-guard.cjs "\$@"
LAUNCHER
chmod 0755 "$destdir$prefix/bin/httpd-guard"
