"""TUI Tagger: tag the people in your photos from the terminal."""

__version__ = "0.1.0"
