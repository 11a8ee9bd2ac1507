"""Manifests for Kubernetes, made by pure functions of one record of values."""
