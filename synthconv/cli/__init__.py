"""The commands, one file each; they parse, call the library, and show what it gave."""
