"""Runs in the words of others: a run as a file that needs no nncli."""
