"""Where Postfix sends one message, by its files alone: what trivial-rewrite, and then smtp, make of them."""
