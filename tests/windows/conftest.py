"""The stand-in for Windows is for a process of its own: it isn't read for doctests."""

collect_ignore = ["conftest.py", "session.py"]
