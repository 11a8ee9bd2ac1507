"""Starting agents where the GPUs are: here, on Docker hosts, under Slurm, on Kubernetes."""
