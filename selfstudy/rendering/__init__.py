"""The embedded renderer: procedural shapes and textures, scenes, and a ray tracer on Warp."""
