"""Postfix: how relayconf reads and writes its files."""
