"""What a network is: as a table, beside others, as a picture; and what there is."""
