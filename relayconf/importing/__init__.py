"""From what an MTA found in the files of a host to an inventory that says the same."""
