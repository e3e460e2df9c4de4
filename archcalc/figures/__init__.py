"""What is counted and how: conventions, facts of a layer, sums, formulas, bytes."""
