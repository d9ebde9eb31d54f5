"""relayconf: the smarthost configuration of a fleet of Postfix and qmail servers, from one inventory."""

__version__ = "0.1.0"
