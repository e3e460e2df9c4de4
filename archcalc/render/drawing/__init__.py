"""Networks as pictures, drawn from their own structure.

`structure` finds what stands beside what and `layout` gives places. `blocks`, `across`
and `volumes` paint marks there, and `svg` and `tikz` write them down.
"""
