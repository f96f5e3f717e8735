"""Datasets: from encoded images in twelve buckets to normalised arrays on the device."""
