"""What a user may write: one file becomes one `Spec`."""
