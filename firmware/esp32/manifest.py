"""What is frozen into the firmware image (FROZEN_MANIFEST of the MicroPython build)."""

include("$(PORT_DIR)/boards/manifest.py")  # noqa: F821  names of the MicroPython build
package("strongroom_node", base_path="..")  # noqa: F821
package("strongroom_esp32", base_path=".")  # noqa: F821
module("boot.py", base_path=".")  # noqa: F821
module("main.py", base_path=".")  # noqa: F821
