"""The figures of many settings of one network."""
