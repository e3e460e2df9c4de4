"""Whether specs are right, what changed, and the same network in torch."""
