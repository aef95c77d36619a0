"""Launch the kernel: ``python -m subinterp_kernel -f CONNECTION_FILE``."""

from __future__ import annotations

from ipykernel.kernelapp import IPKernelApp

from subinterp_kernel.notebook.kernel.kernel import SubinterpKernel

__all__ = ["main"]


def main() -> None:
    """Run the kernel until it is shut down."""
    IPKernelApp.launch_instance(kernel_class=SubinterpKernel)


if __name__ == "__main__":
    main()
