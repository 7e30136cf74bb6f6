"""Tables -> arrays: splits and preprocessing, fitted on the training rows only."""
