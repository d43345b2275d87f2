"""Compiled loops: int64 arrays in, arrays out. They import nothing of ours and check nothing."""
