"""How frames travel: the protocol (`socket`), a network in memory (`memory`), and real sockets (`websockets`).

Nothing is imported here, so that the protocol costs no anyio and the memory network no websockets.
"""
