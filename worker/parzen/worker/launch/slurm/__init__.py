"""Agents as an array of Slurm jobs: what is asked for, the script, Slurm's commands, the list."""
