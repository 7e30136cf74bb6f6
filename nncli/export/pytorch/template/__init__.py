"""Template: what a script does with rows, in functions that need NumPy alone.

Each is copied into the page as it stands, with what it uses, less its `Any`.
"""
