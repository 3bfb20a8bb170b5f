"""A year of a simulated archive room under different controllers: comfort, energy, switching."""
