"""Paying for words: prompts, the async engine, the journal of answers, batch files and prices."""
