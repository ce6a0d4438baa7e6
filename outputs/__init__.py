"""How results are written: frames in, bytes out. What is true, was decided before."""
