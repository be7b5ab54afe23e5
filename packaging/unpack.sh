#!/bin/sh
# TUI Tagger @VERSION@ for Linux on @MACHINE@: a program that unpacks itself once, then starts from there.
# What follows the last line of this script is a tar archive, compressed by @COMPRESSOR@.
set -u
stamp=@VERSION@-@DIGEST@
skip=@SKIP@ size=@SIZE@
base=${TUI_TAGGER_UNPACK:-${XDG_CACHE_HOME:-${HOME:?says where to unpack}/.cache}/tui-tagger/program}
program=$base/$stamp/tui-tagger/tui-tagger
[ -x "$program" ] && exec "$program" "$@"

fail() { echo "tui-tagger: $1" >&2; rm -rf "${part:-}"; exit 2; }
trap 'rm -rf "${part:-}"; exit 130' INT TERM HUP
libc=$(getconf GNU_LIBC_VERSION 2>/dev/null) # such as "glibc 2.36"
case $libc in "glibc 2."*) [ "${libc##*.}" -ge @GLIBC@ ] ||
  fail "$libc is too old: glibc 2.@GLIBC@ is needed. Install with Python instead (pipx, uv or pip)." ;; esac
umask 077
mkdir -p "$base" || fail "$base cannot be made. TUI_TAGGER_UNPACK=DIR unpacks elsewhere."
[ -O "$base" ] || fail "$base belongs to another user. TUI_TAGGER_UNPACK=DIR unpacks elsewhere."
[ "$(wc -c <"$0")" -eq "$size" ] || fail "$0 is not whole. Download it again."

for old in "$base"/part.*; do # of a start that was killed
  [ -d "$old" ] && ! kill -0 "${old##*.}" 2>/dev/null && rm -rf "$old"
done
part=$base/part.$$
rm -rf "$part"
mkdir "$part" || fail "$base cannot be written to. TUI_TAGGER_UNPACK=DIR unpacks elsewhere."
[ -t 2 ] && printf 'Unpacking TUI Tagger, once ...' >&2
payload() { tail -c "+$skip" "$0"; }
if command -v sha256sum >/dev/null; then
  case $(payload | sha256sum) in @SHA256@*) ;; *) fail "$0 is damaged. Download it again." ;; esac
fi
payload | @UNPACKER@ | tar -xf - -C "$part" && [ -x "$part/tui-tagger/tui-tagger" ] ||
  fail "could not be unpacked into $base. 800 MB are needed there; TUI_TAGGER_UNPACK=DIR unpacks elsewhere."
if ! mv -T "$part" "$base/$stamp" 2>/dev/null; then # another start was first
  [ -x "$program" ] || { rm -rf "${base:?}/$stamp" && mv -T "$part" "$base/$stamp"; } # or files were taken from it since
  rm -rf "$part"
fi
[ -t 2 ] && printf '\r\033[K' >&2

for old in "$base"/*; do # of other versions, if none of their programs runs
  [ "$old" = "$base/$stamp" ] || [ "$old" != "${old#"$base"/part.}" ] || [ ! -x "$old/tui-tagger/tui-tagger" ] ||
    ls -l /proc/[0-9]*/exe 2>/dev/null | grep -Fq -- "-> $old/" || rm -rf "$old"
done
[ -x "$program" ] || fail "$program cannot be run: is $base on a disk mounted noexec? TUI_TAGGER_UNPACK=DIR unpacks elsewhere."
exec "$program" "$@"
exit 2
