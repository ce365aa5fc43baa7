"""Numbers of 32 or of 16 bits: which of them the network computes in.

A bfloat16 has the range of a float32 and eight bits of mantissa: about three decimal digits, enough for
the features of a picture, half the memory, and several times the speed on processors made for it.
Grams, losses, gradients of the pixels and the pixels themselves stay float32.
"""

import torch

PRECISIONS = ("float32", "bfloat16", "auto")


def has_bfloat16(device: str | torch.device) -> bool:
    """Whether the device computes in bfloat16, where others would imitate it, slowly.

    True for CUDA from compute capability 8.0 (A100, RTX 30) and for processors with AVX-512 BF16 or AMX.
    """
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    # An older torch does not tell: it says no, and float32 is right everywhere.
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()
    return device.type == "cpu" and any(capabilities.get(k) for k in ("avx512_bf16", "amx_bf16"))


def precision_for(precision: str, device: str | torch.device) -> torch.dtype:
    """The dtype of convolutions on `device`: "auto" is bfloat16 where it is fast, else float32."""
    if precision not in PRECISIONS:
        raise ValueError(f"precision is one of {', '.join(PRECISIONS)}, not {precision!r}.")
    if precision == "auto":
        precision = "bfloat16" if has_bfloat16(device) else "float32"
    return getattr(torch, precision)
