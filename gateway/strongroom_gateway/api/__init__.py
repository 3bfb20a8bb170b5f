"""The read API over HTTP, and the local socket through which people act on alarms."""
