"""What methods share that compare views of an image; none is a method."""
