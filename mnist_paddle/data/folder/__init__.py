"""A folder of anybody's pictures: listed, read, split, checked, written."""
