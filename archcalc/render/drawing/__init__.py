"""Networks as pictures, drawn from their own structure.

`structure` finds what stands beside what, `layout` gives places, `blocks` and `volumes`
paint them as SVG, `tikz` as LaTeX.
"""
