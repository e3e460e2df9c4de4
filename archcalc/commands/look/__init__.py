"""A network as a table, beside others, as a picture or a page; and which there are."""
