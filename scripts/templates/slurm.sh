#!/bin/bash
# Job script for Slurm: copy it, adapt the lines marked <--, and submit it with sbatch from the folder of the case.
#
# The same script serves the first job and all that follow: simrun begins where there is no checkpoint, continues where
# there is one, and stops with a checkpoint in time for the job's end, which Slurm tells it (SLURM_JOB_END_TIME). Then the
# job queues itself again. `touch output/case/STOP` ends the chain; scancel stops with a checkpoint too, as far as the time
# that Slurm leaves (KillWait) allows.
#SBATCH --job-name=simrun
#SBATCH --nodes=2                   # <--
#SBATCH --ntasks-per-node=64        # <-- one rank per core
#SBATCH --cpus-per-task=1
#SBATCH --hint=nomultithread
#SBATCH --time=02:00:00             # <--
#SBATCH --requeue                   # after a failure of a node, or when the job had to make room for another
#SBATCH --open-mode=append
#SBATCH --output=%x-%j.log
set -euo pipefail

module load openmpi                 # <-- the MPI that simrun was built with
simrun=$HOME/simrun/target/release/simrun   # <--
config=case.toml                    # <-- its [checkpoint] section says how often
output=output/case                  # <--

# Slurm before 23.02 does not tell its jobs when they end: ask for it.
if [[ -z ${SLURM_JOB_END_TIME:-} ]]; then
    end=$(squeue --noheader --jobs "$SLURM_JOB_ID" --format %e)
    if [[ $end == *T* ]]; then
        SLURM_JOB_END_TIME=$(date -d "$end" +%s)
        export SLURM_JOB_END_TIME
    fi
fi

# Without a rank: is the configuration right, does it fit the memory, how long will it take?
"$simrun" check "$config" --ranks "$SLURM_NTASKS"

# Slurm does not end a job of which one rank has died, unless told to.
code=0
srun --kill-on-bad-exit=1 --cpu-bind=cores "$simrun" "$config" --output "$output" --restart auto --progress plain ||
    code=$?

# field NAME: the text of a field of status.json, which says what the exit code may not: launchers have their own.
field() { sed -n "s/^ *\"$1\": \"\(.*\)\",*\$/\1/p" "$output/status.json"; }

case "$(field state) $(field stop_reason)" in
    "stopped deadline" | "stopped max-time")
        echo "stopped in time: queued again to continue"
        scontrol requeue "$SLURM_JOB_ID"
        ;;
esac
exit "$code"
