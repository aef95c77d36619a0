"""Other libraries that run their work in interpreters. Each module needs its library, and is imported by name."""
