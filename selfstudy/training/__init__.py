"""Training: from a prepared dataset and a configuration to a snapshot and its metrics."""
