"""Interop: a table as other packages know machines.

Each file loads the package that it is named for, so nothing is imported here: ask for the file that you need, as in
`from statekit.interop.transitions import to_machine`.
"""
