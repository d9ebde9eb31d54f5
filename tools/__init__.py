"""What the Makefile runs besides ready-made tools."""
