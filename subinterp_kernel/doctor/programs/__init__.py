"""Programs that the doctor runs in child processes: what they try may crash or never end."""
