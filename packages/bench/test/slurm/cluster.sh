#!/bin/sh
# A Slurm of one node, on 127.0.0.1 alone, in the folder $1, which holds its configuration slurm.conf.
# It lasts until this script's input ends, which it also does when the process that started it is killed.
# Whatever was started with this configuration is then ended.
set -u
cd "$1" || exit 1
export SLURM_CONF="$1/slurm.conf"

munged --foreground --num-threads=1 --key-file="$1/munge.key" --socket="$1/munge.socket" \
  --pid-file="$1/munge.pid" --log-file="$1/munge.log" --seed-file="$1/munge.seed" >munged.out 2>&1 &
slurmctld -D >slurmctld.out 2>&1 &
slurmd -D -N node >slurmd.out 2>&1 &

read -r _
# Every process of the cluster and of its jobs has the path in its environment; so has this shell.
for process in $(grep --files-with-matches --null-data --fixed-strings --line-regexp \
  "SLURM_CONF=$SLURM_CONF" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3); do
  [ "$process" = $$ ] || kill -KILL "$process" 2>/dev/null
done
cd /
rm -rf "$1"
