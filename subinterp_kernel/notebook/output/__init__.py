"""What cells show: relayed events, errors, tables and job displays."""
