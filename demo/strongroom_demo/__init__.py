"""A living room: real firmware on emulated boards around a real gateway."""
