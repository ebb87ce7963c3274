"""Reads QR codes out of pictures with zbar, which knows nothing of how ours are drawn."""

from __future__ import annotations

import ctypes
from io import BytesIO

from PIL import Image

_GREY = int.from_bytes(b"Y800", "little")


def read_codes(picture: bytes) -> list[str]:
    """Return what every code in the picture (a PNG) says."""
    zbar = ctypes.CDLL("libzbar.so.0")
    for name in ("zbar_image_scanner_create", "zbar_image_create", "zbar_image_first_symbol",
                 "zbar_symbol_next", "zbar_symbol_get_data"):  # fmt: skip
        getattr(zbar, name).restype = ctypes.c_void_p
    zbar.zbar_symbol_get_data.restype = ctypes.c_char_p
    grey = Image.open(BytesIO(picture)).convert("L")
    data = grey.tobytes()
    scanner = ctypes.c_void_p(zbar.zbar_image_scanner_create())
    image = ctypes.c_void_p(zbar.zbar_image_create())
    try:
        zbar.zbar_image_set_format(image, ctypes.c_ulong(_GREY))
        zbar.zbar_image_set_size(image, grey.width, grey.height)
        zbar.zbar_image_set_data(image, data, ctypes.c_ulong(len(data)), None)
        zbar.zbar_scan_image(scanner, image)
        found = []
        symbol = zbar.zbar_image_first_symbol(image)
        while symbol:
            found.append(zbar.zbar_symbol_get_data(ctypes.c_void_p(symbol)).decode())
            symbol = zbar.zbar_symbol_next(ctypes.c_void_p(symbol))
        return found
    finally:
        zbar.zbar_image_destroy(image)
        zbar.zbar_image_scanner_destroy(scanner)
