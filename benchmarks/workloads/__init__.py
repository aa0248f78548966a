"""The workloads: a toggle, a connection and a breaker, each as a statekit table with its events and its script."""
