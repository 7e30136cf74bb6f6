"""The report: a run's scores, data, network and reproduction on one page."""
