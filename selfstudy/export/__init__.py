"""Trained backbones as files for other libraries."""
