"""The Strongroom gateway: one archive room, decided, recorded and proven."""
