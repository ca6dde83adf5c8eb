#!/bin/bash
# Job script for Slurm: copy it, adapt the lines marked <--, and submit it with sbatch from the folder of the case.
#SBATCH --job-name=simrun
#SBATCH --nodes=2                   # <--
#SBATCH --ntasks-per-node=64        # <-- one rank per core
#SBATCH --cpus-per-task=1
#SBATCH --hint=nomultithread
#SBATCH --time=02:00:00             # <--
#SBATCH --output=%x-%j.log
set -euo pipefail

module load openmpi                 # <-- the MPI that simrun was built with
simrun=$HOME/simrun/target/release/simrun   # <--
config=case.toml                    # <--

# Without a rank: is the configuration right, does it fit the memory, how long will it take?
"$simrun" check "$config" --ranks "$SLURM_NTASKS"

# Slurm does not end a job of which one rank has died, unless told to.
srun --kill-on-bad-exit=1 --cpu-bind=cores "$simrun" "$config" --progress plain
