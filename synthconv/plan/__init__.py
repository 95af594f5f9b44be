"""Labels before words: what rows there will be, and the outline of each."""
