"""Other tools that count operations, run here and now as their users run them.

`tools` runs each of them, `importing` finds them, `spans` says in which module of the
network a count grew, `steps` gives each step of a network a module of its own.
"""

NAMES = (
    *("torchinfo", "fvcore", "ptflops", "thop", "ultralytics-thop", "calflops"),
    *("torch", "deepspeed"),
)
"""The tools, by the names of their conventions."""
