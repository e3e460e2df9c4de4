"""What a layer tells the rest of archcalc: its torch call, and what memory it needs."""
