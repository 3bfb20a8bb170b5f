"""First file the chip runs: room for the node, and nothing that could stop it from starting."""

import gc

# Collect early and often: a heap in small pieces cannot hold the buffers of a TLS handshake.
gc.collect()
gc.threshold(gc.mem_free() // 4 + gc.mem_alloc())

try:
    import vfs
    from flashbdev import bdev
    from strongroom_esp32.flash import remount
except ImportError as error:
    print("flash stays as it is mounted:", error)
else:
    remount(vfs, bdev)
