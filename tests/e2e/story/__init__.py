"""The story: mail of kamata-net.com that icloud.com refuses, until it leaves by the provider's relay and SPF says so.

Real servers in a lab: BIND with the zones and rbldnsd with the list, Postfix at the sender, at the provider and at the
receiver, there with postfix-policyd-spf-python; and a router that drops port 25 as providers do (OP25B).
"""
