"""What mosquitto needs to serve one room: a small authority, certificates, settings.

The folder that `strongroom broker init` makes, who may read what, and the way certificates are
used are described in docs/commands.md and docs/threat-model.md.
"""
