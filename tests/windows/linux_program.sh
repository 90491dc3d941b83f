#!/bin/sh
# linux_program.sh BASE PROGRAM ARGUMENT...: what linux_program.c runs. Wine's drive Z: is this system.
base=$1 program=$2
shift 2
for word; do
  shift
  case $word in [Zz]:\\*) word=$(printf %s "${word#?:}" | tr '\\' /) ;; esac
  set -- "$@" "$word"
done
"$program" "$@" >"$base.out" 2>"$base.err" </dev/null
echo $? >"$base.part"
mv "$base.part" "$base.code"
