"""Words for a plan: by rules, and the proof that every planned value is in them."""
