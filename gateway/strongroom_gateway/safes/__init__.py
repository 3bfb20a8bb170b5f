"""Safes: certificates as cash. Who opened one, what lies in it, and whether both agree with the
record.
"""
