"""The public Python functions: one for each question that the command line answers.

`given` is the one place where a name, a path or a network becomes a network. Each
function is imported by `archcalc/__init__.py` when it is first used.
"""
