#!/bin/sh
# Puts the built guard into a file system: --destdir D --prefix P. Run "npm run build" before. Changes no unit:
# "httpd-guard install" does that, on the machine itself.
set -eu

destdir= prefix=/usr
while [ $# -gt 0 ]; do
  case $1 in
    --destdir) destdir=${2:?--destdir takes a folder} && shift 2 ;;
    --prefix) prefix=${2:?--prefix takes a folder} && shift 2 ;;
    --help) echo "usage: scripts/install.sh [--destdir D] [--prefix P]" && exit ;;
    *) echo "usage: scripts/install.sh [--destdir D] [--prefix P]" >&2 && exit 64 ;;
  esac
done

here=$(cd "$(dirname "$0")/.." && pwd)
[ -e "$here/dist/httpd-guard.cjs" ] || {
  echo "install.sh: there is no dist to install; run first: npm ci && npm run build" >&2
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
install -m 0644 "$here"/dist/*.cjs "$here/dist/50-httpd-guard.conf" "$here"/dist/*.service "$here"/dist/*.path "$here"/dist/*.timer "$lib"
install -m 0755 "$here/dist/gate" "$here/dist/post-stop" "$lib"
# systemd looks for these two under /usr alone: what journalctl -x says of the guard's entries, and the watcher's user.
install -D -m 0644 "$here/dist/httpd-guard.catalog" "$destdir/usr/lib/systemd/catalog/httpd-guard.catalog"
install -D -m 0644 "$here/dist/httpd-guard.sysusers" "$destdir/usr/lib/sysusers.d/httpd-guard.conf"
if [ -z "$destdir" ]; then
  journalctl --update-catalog || echo "install.sh: journalctl -x will not explain the guard's entries" >&2
  systemd-sysusers /usr/lib/sysusers.d/httpd-guard.conf ||
    echo "install.sh: the watcher has no user of its own, and will follow the journal alone" >&2
fi
install -D -m 0644 "$here/scripts/man/httpd-guard.8" "$share/man/man8/httpd-guard.8"
install -D -m 0644 "$here/scripts/man/httpd-guard.toml.5" "$share/man/man5/httpd-guard.toml.5"
install -D -m 0644 "$here/scripts/completion/httpd-guard.bash" "$share/bash-completion/completions/httpd-guard"
# Debian's zsh keeps what packages bring apart, except under /usr/local.
zsh=site-functions
[ "$prefix" = /usr ] && [ -e "$destdir/etc/debian_version" ] && zsh=vendor-completions
install -D -m 0644 "$here/scripts/completion/_httpd-guard" "$share/zsh/$zsh/_httpd-guard"
cat >"$destdir$prefix/bin/httpd-guard" <<LAUNCHER
#!/bin/sh
# What the caller's environment holds for other Node programs is not for this one.
unset NODE_OPTIONS NODE_EXTRA_CA_CERTS NODE_PATH
# A fault in the machine's would end Node before its first line.
export OPENSSL_CONF=/dev/null
exec node $prefix/lib/httpd-guard/httpd-guard.cjs "\$@"
LAUNCHER
chmod 0755 "$destdir$prefix/bin/httpd-guard"
