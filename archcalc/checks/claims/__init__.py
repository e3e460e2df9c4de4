"""Published figures: what they say, how they were counted, whether they agree."""
