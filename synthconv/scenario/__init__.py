"""What the author wrote: the scenario's models, its loader, its example patterns and its entity values."""
