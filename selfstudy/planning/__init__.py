"""What a sweep costs, and how far it is."""
