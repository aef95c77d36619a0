"""The magics: their lines, options and completion."""
