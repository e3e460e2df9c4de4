"""Many settings of one network, and the best of them."""
