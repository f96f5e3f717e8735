"""Programs that show runs beside each other: each is a module, which is found by its name."""
