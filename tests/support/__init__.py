"""Helpers of the tests: servers, hosts, trees."""
