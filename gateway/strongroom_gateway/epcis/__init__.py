"""EPCIS 2.0: movements told in the words of GS1, for systems outside this room."""
