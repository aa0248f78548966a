"""Pictures and tables of a machine or a system, made from its table and from nothing else."""
