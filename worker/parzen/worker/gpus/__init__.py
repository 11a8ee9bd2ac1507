"""The GPUs of a node: which there are, which may be handed out, how they fare."""
