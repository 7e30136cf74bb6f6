"""How fast training is: nncli beside its peers, in ratios measured side by side in one run."""
