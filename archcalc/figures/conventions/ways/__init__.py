"""The conventions, one a module: see `archcalc.figures.conventions`."""
