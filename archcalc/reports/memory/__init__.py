"""What `archcalc memory` and `archcalc fit` found."""
