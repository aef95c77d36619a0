"""The notebook wing: magics, kernel, and the relay of events to Jupyter messages. Main interpreter only."""
