#!/bin/bash
# Job script for PBS Pro, OpenPBS and Torque: copy it, adapt the lines marked <--, and submit it with qsub from the folder of
# the case.
#
# The same script serves the first job and all that follow: simrun begins where there is no checkpoint, continues where
# there is one, and stops with a checkpoint before --max-time has passed. Then the script submits itself again.
# `touch output/case/STOP` ends the chain.
#PBS -N simrun
#PBS -l select=2:ncpus=64:mpiprocs=64   # <-- one rank per core
#PBS -l walltime=02:00:00               # <--
#PBS -r y
#PBS -j oe
set -euo pipefail
cd -- "$PBS_O_WORKDIR"

module load openmpi                 # <-- the MPI that simrun was built with
simrun=$HOME/simrun/target/release/simrun   # <--
script=job.sh                       # <-- the name of this file
config=case.toml                    # <-- its [checkpoint] section says how often
output=output/case                  # <--
max_time=01:58:00                   # <-- the walltime, less what starting and ending take

ranks=$(wc -l <"$PBS_NODEFILE")

# Without a rank: is the configuration right, does it fit the memory, how long will it take?
"$simrun" check "$config" --ranks "$ranks"

code=0
mpirun -n "$ranks" --hostfile "$PBS_NODEFILE" \
    "$simrun" "$config" --output "$output" --restart auto --max-time "$max_time" --progress plain || code=$?

# field NAME: the text of a field of status.json, which says what the exit code may not: launchers have their own.
field() { sed -n "s/^ *\"$1\": \"\(.*\)\",*\$/\1/p" "$output/status.json"; }

case "$(field state) $(field stop_reason)" in
    "stopped deadline" | "stopped max-time")
        echo "stopped in time: submitted again to continue"
        qsub "$script"
        ;;
esac
exit "$code"
