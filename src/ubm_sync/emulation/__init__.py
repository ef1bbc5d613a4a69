"""What emulators of external systems share: requests as values, faults by seed, a server.

An emulator is a function of requests (``Emulator.handle``): the same object answers over real
HTTP (``serve``) and inside one process without sockets (``InProcessAdapter``).
"""
