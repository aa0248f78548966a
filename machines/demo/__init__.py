"""A server for several clients and documents, with faults on demand, and the demo that survives it.

`document` the text and its history · `tokens` what a client shows · `address` where it dials · `clock` the server's
seconds · `faults` what can go wrong, and when · `ledger` what really happened · `gate` who gets in · `conversation` one
socket · `room` what is answered to what · `doors` the ways in, open and shut · `server` all of it together ·
`memory_front` in through memory · `front` in through real sockets, on loopback · `witness` a watched transport.
"""
