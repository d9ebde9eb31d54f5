"""Mail in flight while the relay changes: a load that never stops, and an account of every single recipient."""
