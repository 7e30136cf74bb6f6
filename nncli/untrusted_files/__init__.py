"""Untrusted files: reads files that others wrote, with limits, and executes nothing."""
