"""Template: what a script does with rows, in functions that need only NumPy.

Each is copied into the page with what it uses, without its `Any` annotations.
"""
