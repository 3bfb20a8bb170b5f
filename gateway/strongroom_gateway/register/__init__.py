"""The register: who there is, what is accounted for, and where it belongs."""
