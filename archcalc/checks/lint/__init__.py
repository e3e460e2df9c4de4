"""The lint rules: a rule is one module with `RULE` and `check`, and one name here."""

from __future__ import annotations

from archcalc.checks.lint import (
    bias_before_norm,
    channels,
    even_half,
    input_layout,
    large_pool,
    linear_width,
    repeated_steps,
    signal_axis,
    unequal_strides,
    unknown_operator,
    unlisted_output,
    unmarked_head,
    unpool_alone,
    unread_rows,
    unused_result,
)

LINT = (
    bias_before_norm,
    unread_rows,
    even_half,
    unused_result,
    channels,
    unequal_strides,
    large_pool,
    unmarked_head,
    unlisted_output,
    repeated_steps,
    unpool_alone,
    input_layout,
    signal_axis,
    unknown_operator,
    linear_width,
)
"""What looks at networks; `opt_out` has a rule about comments beside them."""
