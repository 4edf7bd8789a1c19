#!/bin/sh
# Removes what scripts/install.sh installed; --destdir D --prefix P must be the same. First, on the target machine, run:
# httpd-guard uninstall
set -eu

destdir= prefix=/usr
while [ $# -gt 0 ]; do
  case $1 in
    --destdir) destdir=${2:?--destdir needs a directory} && shift 2 ;;
    --prefix) prefix=${2:?--prefix needs a directory} && shift 2 ;;
    *) echo "usage: scripts/uninstall.sh [--destdir D] [--prefix P]" >&2 && exit 64 ;;
  esac
done

if grep -qs '^# Written by "httpd-guard install"' "$destdir"/etc/systemd/system/*.service.d/50-httpd-guard.conf; then
  echo "uninstall.sh: a unit is still guarded; run first: httpd-guard uninstall" >&2
  exit 1
fi
rm -rf "$destdir$prefix/lib/httpd-guard" "$destdir$prefix/bin/httpd-guard" "$destdir$prefix/share/httpd-guard" \
  "$destdir/usr/lib/systemd/catalog/httpd-guard.catalog" "$destdir/usr/lib/sysusers.d/httpd-guard.conf"
# And directories that install.sh may have created, if they are empty.
cd "$destdir$prefix/share" 2>/dev/null && for file in man/man8/httpd-guard.8 man/man5/httpd-guard.toml.5 \
  bash-completion/completions/httpd-guard zsh/site-functions/_httpd-guard zsh/vendor-completions/_httpd-guard; do
  [ -e "$file" ] || continue
  rm "$file"
  rmdir -p --ignore-fail-on-non-empty "${file%/*}"
done
if [ -z "$destdir" ]; then
  journalctl --update-catalog || true
  # It owns no files after its service has stopped.
  ! getent passwd httpd-guard-watch >/dev/null || userdel httpd-guard-watch
fi
