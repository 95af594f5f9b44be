"""Language knowledge as data: packs, the tokeniser, and the surfaces of typed values."""
