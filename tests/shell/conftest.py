"""The app's fixtures, as for the screens."""

from tests.screens.conftest import app, empty_services, services

__all__ = ["app", "empty_services", "services"]
