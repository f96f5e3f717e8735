"""Backbones, and the network of the study: a backbone with a pretext head and readouts."""
