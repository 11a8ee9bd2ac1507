"""What proposes trials: one file per sampler, one line each in the registry."""
