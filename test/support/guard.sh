#!/bin/sh
# Cleans up after a process of the tests, however that process ends: kills the process groups that it
# began, and removes its directory. Usage: guard.sh [directory].
#
# Standard input is a pipe from that process. Each line is `begun <group>` or `ended <group>`. The
# kernel closes the pipe when the process is gone, also after SIGKILL: that is when the guard acts.

# Ctrl-C and a closed terminal signal everybody, and the guard has to be the last.
trap '' HUP INT TERM

groups=
while read -r what group; do
  case $what in
    begun) groups="$groups $group " ;;
    ended) groups="${groups%% "$group" *} ${groups#* "$group" }" ;;
  esac
done

for group in $groups; do
  kill -s KILL -- "-$group" 2>/dev/null
done
[ -n "$1" ] || exit 0

# A daemon has left its group. On Linux it is found by its environment, which names the directory.
for environment in $(grep -lsF "$1" /proc/[0-9]*/environ); do
  process=${environment#/proc/}
  kill -s KILL "${process%/environ}" 2>/dev/null
done

# A killed server's own children live for a moment longer, and may write files meanwhile.
tries=0
while [ "$tries" -lt 60 ] && ! rm -rf "$1" 2>/dev/null; do
  tries=$((tries + 1))
  sleep 0.5
done
