"""A report as text, HTML, JUnit's XML, a badge, and a table for the documentation."""
