"""What is wrong with a host's mail, examined from its own network."""
