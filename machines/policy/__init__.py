"""Frozen tables that say what each close code and error code means: no machine ever switches on one."""
