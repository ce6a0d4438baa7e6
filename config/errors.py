"""Errors of configuration."""


class ConfigurationError(Exception):
    """Raised when a file of the configuration cannot be used, before anything is touched; names file, key and what is allowed."""
