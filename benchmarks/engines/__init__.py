"""The engines: each runs every workload in the spelling that suits it, behind one small `Player`."""
