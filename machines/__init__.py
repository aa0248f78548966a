"""The shipped lifecycles: one table a file, and the session that wires them together."""
