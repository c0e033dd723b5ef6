"""A parser for tasks written as one line: deterministic, pure, without I/O."""
