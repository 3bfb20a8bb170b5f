"""Rounds: what people go and look after. Stock-takes, patrols, keys and disinfection."""
