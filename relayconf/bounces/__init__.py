"""Bounces and logs of Postfix and qmail: text in, rejections out. Nothing here trusts what it reads."""
